package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// Connections both ways, data, credit and resets.
class VsockDeviceTest {
    private static final int BUFFER = 4096;

    private final FakeSockets sockets = new FakeSockets();
    private final TestContext context = new TestContext();
    private final DeviceBench bench = new DeviceBench(context, any -> new VsockDevice(3, Path.of("s"), sockets, any.loop())).start();
    private final long output = bench.ram().allocate(1 << 17, 8);
    private final long input = bench.ram().allocate(BUFFER, 8);

    @AfterEach
    void close() {
        bench.close();
    }

    private Packet packet(long at) {
        return new Packet(bench.ram().bytes().asSlice(at - bench.ram().gpa(), BUFFER));
    }

    private void send(long from, int hostPort, int guestPort, int type, int operation, int length, int given) {
        Packet packet = packet(output);
        packet.address(Packet.HOST_CID, guestPort, hostPort);
        packet.bytes.set(ValueLayout.JAVA_LONG, 0, from);
        packet.bytes.set(ValueLayout.JAVA_LONG, 8, Packet.HOST_CID);
        packet.content(type, operation, length, 3);
        packet.credit(1 << 16, 0);
        FakeDriver driver = bench.driver(VsockDevice.TRANSMIT);
        driver.begin();
        driver.readable(output, Packet.HEADER_BYTES + given);
        int id = driver.offer();
        bench.kick(VsockDevice.TRANSMIT);
        bench.run();
        assertEquals(id, driver.poll());
    }

    private Packet receive(int operation) {
        FakeDriver driver = bench.driver(VsockDevice.RECEIVE);
        driver.begin();
        driver.writable(input, BUFFER);
        driver.offer();
        bench.kick(VsockDevice.RECEIVE);
        bench.run();
        assertTrue(driver.poll() >= 0, "no packet; wanted operation " + operation);
        Packet packet = packet(input);
        assertEquals(operation, packet.operation());
        return packet;
    }

    private FakeSockets.Socket connect() {
        send(3, 80, 1000, 1, Packet.REQUEST, 0, 0);
        receive(Packet.RESPONSE);
        return sockets.open.getLast();
    }

    @Test
    void guestConnectsAndItsDataComesBack() {
        connect();
        assertEquals(Path.of("s_80"), sockets.connected.getFirst());
        MemorySegment.copy("hello".getBytes(), 0, bench.ram().bytes(), ValueLayout.JAVA_BYTE,
                output - bench.ram().gpa() + Packet.HEADER_BYTES, 5);
        send(3, 80, 1000, 1, Packet.DATA, 5, 5);
        Packet packet = receive(Packet.DATA);
        assertEquals(5, packet.lengthBytes());
        assertEquals(5, packet.forwardedBytes());
        assertEquals('o', packet.bytes.get(ValueLayout.JAVA_BYTE, Packet.HEADER_BYTES + 4));
    }

    @Test
    void clientOfTheHostConnects() {
        FakeSockets.Socket client = new FakeSockets.Socket();
        for (byte letter : "CONNECT 1234\n".getBytes()) {
            client.input.add(letter);
        }
        sockets.clients.add(client);
        bench.run();
        Packet request = receive(Packet.REQUEST);
        assertEquals(1234, request.targetPort());
        int hostPort = request.sourcePort();
        send(3, hostPort, 1234, 1, Packet.RESPONSE, 0, 0);
        StringBuilder answer = new StringBuilder();
        client.output.forEach(letter -> answer.append((char) letter.byteValue()));
        assertEquals("OK " + hostPort + "\n", answer.toString());
    }

    @Test
    void refusedAndUnknownAreReset() {
        sockets.refuses = true;
        send(3, 80, 1000, 1, Packet.REQUEST, 0, 0);
        receive(Packet.RESET);
        send(3, 80, 1000, 1, Packet.DATA, 0, 0);
        receive(Packet.RESET);
        send(3, 80, 1000, 9, Packet.REQUEST, 0, 0);
        assertEquals(9, receive(Packet.RESET).type());
    }

    @Test
    void packetsOfAnotherAddressAreDropped() {
        send(2, 80, 1000, 1, Packet.REQUEST, 0, 0);
        send(1L << 32 | 3, 80, 1000, 1, Packet.REQUEST, 0, 0);
        assertTrue(sockets.connected.isEmpty());
    }

    @Test
    void wrongLengthsOperationsAndReusedPortsEndTheConnection() {
        int[][] cases = {{Packet.DATA, 100, 5}, {Packet.DATA, -1, 5}, {99, 0, 0}, {Packet.REQUEST, 0, 0}, {Packet.SHUTDOWN, 0, 0}};
        for (int[] each : cases) {
            FakeSockets.Socket socket = connect();
            send(3, 80, 1000, 1, each[0], each[1], each[2]);
            receive(Packet.RESET);
            assertTrue(socket.closed);
        }
    }

    @Test
    void dataBeyondTheCreditEndsTheConnection() {
        FakeSockets.Socket socket = connect();
        socket.stuck = true;
        send(3, 80, 1000, 1, Packet.DATA, 60_000, 60_000);
        assertTrue(!socket.closed);
        send(3, 80, 1000, 1, Packet.DATA, 6000, 6000);
        assertTrue(socket.closed);
        receive(Packet.RESET);
    }

    @Test
    void endOfTheHostsDataShutsDown() {
        FakeSockets.Socket socket = connect();
        socket.ended = true;
        bench.run();
        assertEquals(Packet.NO_SEND, receive(Packet.SHUTDOWN).flags());
    }
}
