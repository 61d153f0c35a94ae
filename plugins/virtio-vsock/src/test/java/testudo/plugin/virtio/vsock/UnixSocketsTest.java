package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.platform.linux.LinuxPlatform;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.LocalSocket.Direction;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.AllocatedBytes;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// The device with real Unix sockets and a real poller, whose events the test lets it handle.
@Timeout(120)
class UnixSocketsTest {
    private static final int PORT = 80;
    private static final int TURNS = 100_000;

    private final HostPlatform platform = new LinuxPlatform();
    private final PollingLoop loop = new PollingLoop(platform.events());
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(1 << 17);
    private final List<LocalSocket> ends = new ArrayList<>();
    @TempDir private Path folder;
    private Path path = Path.of("");
    private DeviceBench bench;
    private Guest guest;

    @BeforeEach
    void start() {
        path = folder.resolve("v");
        bench = new DeviceBench(new TestContext(), any -> new VsockDevice(
                new VsockIdentity(Guest.CID, VsockIdentity.STREAM | VsockIdentity.SEQPACKET, List.of(256, 256, 256)), path,
                platform.sockets(), platform.events(), loop));
        start(0);
    }

    private void start(long ringFeatures) {
        bench.start(VsockIdentity.STREAM | VsockIdentity.SEQPACKET | ringFeatures, 256);
        guest = new Guest(bench, 4096, this::work);
    }

    @AfterEach
    void close() {
        ends.forEach(LocalSocket::close);
        bench.close();
        loop.close();
        arena.close();
        assertFalse(Files.exists(path) || Files.exists(Path.of(path + ".seqpacket")), "its sockets are gone");
    }

    private void work() {
        for (int i = 0; i < TURNS; i++) {
            boolean more = loop.turn();
            bench.run(); // publishes
            if (!more) {
                return;
            }
        }
        throw new AssertionError("the device spins");
    }

    private LocalSocket client(Kind kind, String greeting) {
        LocalSocket socket = platform.sockets().connect(kind == Kind.STREAM ? path : Path.of(path + ".seqpacket"), kind);
        ends.add(socket);
        say(socket, greeting.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private long say(LocalSocket socket, byte[] data) {
        MemorySegment.copy(data, 0, buffer, ValueLayout.JAVA_BYTE, 0, data.length);
        return socket.send(buffer, 0, data.length);
    }

    private byte @Nullable [] hear(LocalSocket socket) {
        long got = socket.receive(buffer, 0, buffer.byteSize());
        return got < 0 ? null : buffer.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE);
    }

    private LocalSocket accepted(LocalListener listener) {
        LocalSocket socket = listener.accept().orElseThrow();
        ends.add(socket);
        return socket;
    }

    private LocalListener service(int port, Kind kind) {
        return platform.sockets().listen(Path.of(path + "_" + port), kind);
    }

    private static byte[] random(int seed, int lengthBytes) {
        byte[] data = new byte[lengthBytes];
        new SplittableRandom(seed).nextBytes(data);
        return data;
    }

    @Test
    void guestReachesAServiceOfTheHost() {
        try (LocalListener listener = service(PORT, Kind.STREAM)) {
            guest.send(PORT, 1, Packet.STREAM, Packet.REQUEST, 0);
            guest.expect(Packet.RESPONSE);
            LocalSocket end = accepted(listener);
            guest.send(PORT, 1, Packet.STREAM, Packet.DATA, 0, random(1, 5000));
            assertArrayEquals(random(1, 5000), hear(end));
            say(end, random(2, 3000));
            assertArrayEquals(random(2, 3000), guest.expect(Packet.DATA).data());
            end.shutdown(Direction.SEND);
            assertEquals(Packet.NO_SEND, guest.expect(Packet.SHUTDOWN).flags());
            guest.send(PORT, 1, Packet.STREAM, Packet.SHUTDOWN, Packet.NO_SEND);
            assertEquals(0, hear(end).length, "the end");
            assertEquals(Packet.NEITHER, guest.expect(Packet.SHUTDOWN).flags());
            guest.send(PORT, 1, Packet.STREAM, Packet.SHUTDOWN, Packet.NO_RECEIVE);
            guest.expect(Packet.RESET);
        }
    }

    @Test
    void serviceOfTheWrongKindIsRefused() {
        try (LocalListener listener = service(PORT, Kind.STREAM)) {
            guest.send(PORT, 1, Packet.SEQPACKET, Packet.REQUEST, 0);
            guest.expect(Packet.RESET);
            guest.send(PORT + 1, 1, Packet.STREAM, Packet.REQUEST, 0);
            guest.expect(Packet.RESET);
            assertTrue(listener.accept().isEmpty());
        }
    }

    @Test
    void messagesOfBothSides() {
        try (LocalListener listener = service(PORT, Kind.SEQPACKET)) {
            guest.send(PORT, 1, Packet.SEQPACKET, Packet.REQUEST, 0);
            guest.expect(Packet.RESPONSE);
            LocalSocket end = accepted(listener);
            for (int length : new int[]{1, 4052, 4053, 65_536}) {
                guest.send(PORT, 1, Packet.SEQPACKET, Packet.DATA, Packet.END_OF_MESSAGE, random(length, length));
                assertArrayEquals(random(length, length), hear(end));
            }
            guest.expect(Packet.CREDIT_UPDATE);
            int sent = 0;
            for (int length : new int[]{1, 4052, 4053, 30_000}) {
                assertEquals(length, say(end, random(length, length)));
                ByteArrayOutputStream message = new ByteArrayOutputStream();
                Guest.Received packet;
                do {
                    packet = guest.expect(Packet.DATA);
                    message.writeBytes(packet.data());
                } while ((packet.flags() & Packet.END_OF_MESSAGE) == 0);
                assertArrayEquals(random(length, length), message.toByteArray());
                sent += length;
                guest.credit(PORT, 1, Packet.SEQPACKET, Guest.ROOM, sent);
            }
        }
    }

    @Test
    void clientGoesBeforeTheGuestAnswers() {
        LocalSocket client = client(Kind.STREAM, "CONNECT 9\nall there is");
        ends.remove(client);
        client.close();
        Guest.Received request = guest.expect(Packet.REQUEST);
        guest.send(request.hostPort(), 9, Packet.STREAM, Packet.RESPONSE, 0);
        guest.expect(Packet.SHUTDOWN);
        assertEquals("all there is", new String(guest.expect(Packet.DATA).data(), StandardCharsets.US_ASCII));
        assertEquals(Packet.NEITHER, guest.expect(Packet.SHUTDOWN).flags());
    }

    @Test
    void clientThatIsClosedIsNotPolledForEver() {
        try (LocalListener listener = service(PORT, Kind.STREAM)) {
            guest.send(PORT, 1, Packet.STREAM, Packet.REQUEST, 0);
            guest.expect(Packet.RESPONSE);
            LocalSocket end = accepted(listener);
            guest.credit(PORT, 1, Packet.STREAM, 10, 0);
            say(end, random(1, 100));
            ends.remove(end);
            end.close();
            for (Guest.Received packet = guest.poll(); packet != null; packet = guest.poll()) {
                // a part of the data, a request for credit, the end: the rest waits for credit
            }
            guest.credit(PORT, 1, Packet.STREAM, 100, 10);
            assertArrayEquals(Arrays.copyOfRange(random(1, 100), 10, 100), guest.expect(Packet.DATA).data());
        }
    }

    @Test
    void pathOfAnotherMachineIsRefused() {
        VmmException.Host failure = assertThrows(VmmException.Host.class, () -> new VsockDevice(
                new VsockIdentity(4, 3, List.of(256, 256, 256)), path, platform.sockets(), platform.events(), loop));
        assertTrue(failure.getMessage().contains("EADDRINUSE"), failure.getMessage());
        assertTrue(Files.exists(path), "that machine's socket stays");
    }

    /// Both directions of many connections at one time, over split and packed rings, with pauses of the readers.
    @ParameterizedTest
    @ValueSource(longs = {0, VirtioFeature.RING_PACKED})
    void manyConnectionsKeepTheirDataApart(long ringFeatures) {
        if (ringFeatures != 0) {
            bench.reset();
            start(ringFeatures);
        }
        int count = 1000;
        Echo[] echoes = new Echo[count];
        try (LocalListener listener = service(PORT, Kind.STREAM)) {
            for (int i = 0; i < count; i++) {
                guest.send(PORT, i, Packet.STREAM, Packet.REQUEST, 0);
                guest.expect(Packet.RESPONSE);
                echoes[i] = new Echo(i, accepted(listener));
            }
            SplittableRandom random = new SplittableRandom(1);
            int done = 0;
            while (done < count) {
                Echo next = echoes[random.nextInt(count)];
                if (next.wantsToSend()) {
                    next.send();
                }
                if (random.nextInt(4) == 0) {
                    echoes[random.nextInt(count)].reflect();
                }
                if (random.nextInt(40) == 0) {
                    Arrays.stream(echoes).filter(echo -> !echo.wantsToSend()).forEach(Echo::reflect);
                }
                for (Guest.Received packet = guest.poll(); packet != null; packet = guest.poll()) {
                    if (packet.operation() == Packet.DATA) {
                        done += echoes[packet.guestPort()].receive(packet) ? 1 : 0;
                    }
                }
            }
        }
    }

    /// A connection whose host end sends back what it gets.
    private final class Echo {
        private static final int BYTES = 6000;
        private final int port;
        private final LocalSocket end;
        private final byte[] data;
        private final ByteArrayOutputStream back = new ByteArrayOutputStream();
        private int sent;

        Echo(int port, LocalSocket end) {
            this.port = port;
            this.end = end;
            data = random(port, BYTES);
        }

        boolean wantsToSend() {
            return sent < BYTES;
        }

        void send() {
            int step = Math.min(2500, BYTES - sent);
            guest.send(PORT, port, Packet.STREAM, Packet.DATA, 0, Arrays.copyOfRange(data, sent, sent + step));
            sent += step;
        }

        void reflect() {
            byte[] got = hear(end);
            if (got != null) {
                assertEquals(got.length, say(end, got));
            }
        }

        /// @return whether this was the last of it
        boolean receive(Guest.Received packet) {
            back.writeBytes(packet.data());
            if (back.size() < BYTES) {
                return false;
            }
            assertArrayEquals(data, back.toByteArray(), "connection " + port);
            return true;
        }
    }

    @Test
    void dataMovesBothWaysWithoutAllocating() {
        try (LocalListener listener = service(PORT, Kind.STREAM)) {
            guest.send(PORT, 1, Packet.STREAM, Packet.REQUEST, 0);
            guest.expect(Packet.RESPONSE);
            LocalSocket end = accepted(listener);
            bench.reset();
            bench.start(VsockIdentity.STREAM, 256);
            long at = bench.ram().allocate(8192, 16);
            Traffic traffic = new Traffic(at);
            traffic.exchange(Packet.REQUEST, 0);
            LocalSocket fresh = accepted(listener);
            long allocated = AllocatedBytes.of(() -> {
                for (int i = 0; i < 20_000; i++) {
                    traffic.exchange(Packet.DATA, 1000);
                    long got = fresh.receive(buffer, 0, 1000);
                    long given = fresh.send(buffer, 0, 1000);
                    if (got != 1000 || given != 1000) {
                        throw new AssertionError("round " + i + ": " + got + " and " + given);
                    }
                    traffic.take();
                }
            });
            assertEquals(0, allocated);
            assertTrue(end != fresh);
        }
    }

    /// One connection's packets in two buffers.
    private final class Traffic {
        private static final int BUFFER = 4096;
        private final long output;
        private final long input;
        private final Packet packet;
        private final Packet answer;
        private int forwarded;
        private final FakeDriver sender = bench.driver(VsockIdentity.TRANSMIT);
        private final FakeDriver receiver = bench.driver(VsockIdentity.RECEIVE);

        Traffic(long output) {
            this.output = output;
            input = output + BUFFER;
            packet = new Packet(bench.ram().bytes().asSlice(output - bench.ram().gpa(), BUFFER));
            answer = new Packet(bench.ram().bytes().asSlice(input - bench.ram().gpa(), BUFFER));
            packet.cids(Guest.CID, Packet.HOST_CID);
            packet.ports(2, PORT);
        }

        void exchange(int operation, int lengthBytes) {
            packet.content(Packet.STREAM, operation, lengthBytes, 0);
            packet.credit(Guest.ROOM, forwarded);
            sender.begin();
            sender.readable(output, Packet.HEADER_BYTES + lengthBytes);
            sender.offer();
            bench.kick(VsockIdentity.TRANSMIT);
            if (sender.poll() < 0) {
                throw new AssertionError("not taken");
            }
            if (operation == Packet.REQUEST) {
                buffer();
            }
        }

        private void buffer() {
            receiver.begin();
            receiver.writable(input, BUFFER);
            receiver.offer();
            bench.kick(VsockIdentity.RECEIVE);
            while (loop.turn()) {
                bench.run();
            }
            if (receiver.poll() < 0) {
                throw new AssertionError("nothing for the guest");
            }
        }

        void take() {
            do {
                buffer();
            } while (answer.operation() != Packet.DATA);
            forwarded += (int) answer.lengthBytes();
        }
    }
}
