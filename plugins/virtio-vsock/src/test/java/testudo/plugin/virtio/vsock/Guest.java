package testudo.plugin.virtio.vsock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;

/// A guest's transport: sends packets, and keeps the receive queue full of buffers.
final class Guest {
    static final int CID = 3;
    static final int ROOM = 1 << 16;
    private static final int SEND_BYTES = 1 << 17;

    private final DeviceBench bench;
    private final Runnable turn;
    private final int bufferBytes;
    private final long output;
    private final long[] buffers;
    private final ArrayDeque<Received> received = new ArrayDeque<>();

    /// A packet for the guest.
    record Received(long source, long target, int hostPort, int guestPort, int type, int operation, int flags, int room,
            int forwarded, byte[] data) {}

    /// @param turn lets the device work until it has nothing to do
    Guest(DeviceBench bench, int bufferBytes, Runnable turn) {
        this.bench = bench;
        this.bufferBytes = bufferBytes;
        this.turn = turn;
        output = bench.ram().allocate(SEND_BYTES, 16);
        FakeDriver driver = bench.driver(VsockIdentity.RECEIVE);
        buffers = new long[driver.size()];
        for (int i = 0; i < driver.size(); i++) {
            offer(bench.ram().allocate(bufferBytes, 16));
        }
        bench.kick(VsockIdentity.RECEIVE);
    }

    private void offer(long buffer) {
        FakeDriver driver = bench.driver(VsockIdentity.RECEIVE);
        driver.begin();
        driver.writable(buffer, bufferBytes);
        buffers[driver.offer()] = buffer;
    }

    private MemorySegment at(long address, long lengthBytes) {
        return bench.ram().bytes().asSlice(address - bench.ram().gpa(), lengthBytes);
    }

    void send(int hostPort, int guestPort, int type, int operation, int flags, byte... data) {
        sendRaw(CID, hostPort, guestPort, type, operation, flags, data.length, ROOM, 0, data);
    }

    /// Tells how much the guest has forwarded.
    void credit(int hostPort, int guestPort, int type, int room, int forwarded) {
        sendRaw(CID, hostPort, guestPort, type, Packet.CREDIT_UPDATE, 0, 0, room, forwarded);
    }

    void sendRaw(long source, int hostPort, int guestPort, int type, int operation, int flags, int length, int room, int forwarded,
            byte... data) {
        Packet packet = new Packet(at(output, Packet.HEADER_BYTES));
        packet.cids(source, Packet.HOST_CID);
        packet.ports(guestPort, hostPort);
        packet.content(type, operation, length, flags);
        packet.credit(room, forwarded);
        MemorySegment.copy(data, 0, at(output + Packet.HEADER_BYTES, data.length), ValueLayout.JAVA_BYTE, 0, data.length);
        FakeDriver driver = bench.driver(VsockIdentity.TRANSMIT);
        driver.begin();
        driver.readable(output, Packet.HEADER_BYTES);
        if (data.length > 0) {
            driver.readable(output + Packet.HEADER_BYTES, data.length);
        }
        int id = driver.offer();
        bench.kick(VsockIdentity.TRANSMIT);
        turn.run();
        assertEquals(id, driver.poll(), "the packet comes back");
    }

    /// Lets the device work, and takes what it has for the guest.
    @Nullable
    Received poll() {
        turn.run();
        collect();
        return received.poll();
    }

    private void collect() {
        FakeDriver driver = bench.driver(VsockIdentity.RECEIVE);
        boolean again = true;
        while (again) {
            again = false;
            for (int id = driver.poll(); id >= 0; id = driver.poll()) {
                take(buffers[id], driver.usedBytes());
                offer(buffers[id]);
                again = true;
            }
            if (again) {
                bench.kick(VsockIdentity.RECEIVE);
                turn.run();
            }
        }
    }

    private void take(long buffer, long usedBytes) {
        if (usedBytes == 0) {
            return; // given back unused
        }
        Packet packet = new Packet(at(buffer, Packet.HEADER_BYTES));
        assertEquals(Packet.HEADER_BYTES + packet.lengthBytes(), usedBytes);
        received.add(new Received(packet.sourceCid(), packet.targetCid(), packet.sourcePort(), packet.targetPort(), packet.type(),
                packet.operation(), packet.flags(), packet.roomBytes(), packet.forwardedBytes(),
                at(buffer + Packet.HEADER_BYTES, packet.lengthBytes()).toArray(ValueLayout.JAVA_BYTE)));
    }

    Received expect(int operation) {
        Received packet = poll();
        assertNotNull(packet, "no packet; wanted operation " + operation);
        assertEquals(operation, packet.operation());
        assertEquals(Packet.HOST_CID, packet.source());
        assertEquals(CID, packet.target());
        return packet;
    }

    void expectNothing() {
        assertNull(poll());
    }
}
