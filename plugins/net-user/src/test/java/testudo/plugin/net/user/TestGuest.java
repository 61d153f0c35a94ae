package testudo.plugin.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;
import testudo.testing.driver.MemoryHost;

/// A guest's end of the network: builds frames byte by byte, and takes those that come.
final class TestGuest implements AutoCloseable {
    static final long MAC = 0x5254_0012_3456L;
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(20);
    private static final int IP_AT = NetworkLink.HEADER_BYTES + 14;

    final UserLink link;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment out = arena.allocate(NetworkLink.MAX_FRAME_BYTES);
    final MemorySegment in = arena.allocate(NetworkLink.MAX_FRAME_BYTES);
    int lengthBytes;

    TestGuest(boolean restrict, boolean hostAccess, String... forwards) {
        NetworkOptions options = new NetworkOptions(
                Optional.of("user"), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional
                        .empty(), 1,
                false, Optional.empty(), false, Optional.empty(), List.of(forwards), restrict, hostAccess);
        link = (UserLink) new UserNetwork().open(options, new MemoryHost(1));
    }

    boolean send(byte[] frame) {
        out.fill((byte) 0);
        MemorySegment.copy(frame, 0, out, java.lang.foreign.ValueLayout.JAVA_BYTE, NetworkLink.HEADER_BYTES, frame.length);
        return link.send(out, NetworkLink.HEADER_BYTES + frame.length);
    }

    /// An IPv4 packet from the guest's address.
    boolean sendIp(int protocol, int to, byte[] payload) {
        return sendIp(protocol, Subnet.GUEST, to, payload);
    }

    boolean sendIp(int protocol, int from, int to, byte[] payload) {
        byte[] frame = new byte[14 + 20 + payload.length];
        MemorySegment bytes = MemorySegment.ofArray(frame);
        Bytes.put48(bytes, 0, Subnet.GATEWAY_MAC);
        Bytes.put48(bytes, 6, MAC);
        Bytes.put16(bytes, 12, 0x0800);
        Bytes.put16(bytes, 14, 0x4500);
        Bytes.put16(bytes, 16, 20 + payload.length);
        Bytes.put8(bytes, 23, protocol);
        Bytes.put32(bytes, 26, from);
        Bytes.put32(bytes, 30, to);
        System.arraycopy(payload, 0, frame, 34, payload.length);
        return send(frame);
    }

    boolean sendUdp(int fromPort, int to, int toPort, byte[] data) {
        return sendIp(17, to == -1 ? 0 : Subnet.GUEST, to, udp(fromPort, toPort, data));
    }

    private static byte[] udp(int fromPort, int toPort, byte[] data) {
        byte[] bytes = new byte[8 + data.length];
        MemorySegment fields = MemorySegment.ofArray(bytes);
        Bytes.put16(fields, 0, fromPort);
        Bytes.put16(fields, 2, toPort);
        Bytes.put16(fields, 4, bytes.length);
        System.arraycopy(data, 0, bytes, 8, data.length);
        return bytes;
    }

    boolean sendTcp(int fromPort, int to, int toPort, int sequence, int acknowledgment, int flags, byte[] data) {
        byte[] bytes = new byte[28 + data.length];
        MemorySegment fields = MemorySegment.ofArray(bytes);
        Bytes.put16(fields, 0, fromPort);
        Bytes.put16(fields, 2, toPort);
        Bytes.put32(fields, 4, sequence);
        Bytes.put32(fields, 8, acknowledgment);
        Bytes.put16(fields, 12, 0x7000 | flags);
        Bytes.put16(fields, 14, 0xFFFF);
        Bytes.put32(fields, 20, 0x0204_05B4);
        Bytes.put32(fields, 24, 0x0103_0307);
        System.arraycopy(data, 0, bytes, 28, data.length);
        return sendIp(6, to, bytes);
    }

    /// The next frame, or none within the limit.
    boolean receive() {
        long end = System.nanoTime() + LIMIT_NANOS;
        while (System.nanoTime() < end) {
            lengthBytes = link.receive(in);
            if (lengthBytes > 0) {
                return true;
            }
            LockSupport.parkNanos(100_000);
        }
        return false;
    }

    /// The frame that is there now.
    boolean receiveNow() {
        lengthBytes = link.receive(in);
        return lengthBytes > 0;
    }

    @Nullable
    TcpSegment receiveTcp() {
        while (receive()) {
            if (Bytes.u16(in, NetworkLink.HEADER_BYTES + 12) == 0x0800 && Bytes.u8(in, IP_AT + 9) == 6) {
                IpPacket packet = ip();
                return new TcpSegment(packet, (packet.u8(12) >>> 4) * 4);
            }
        }
        return null;
    }

    IpPacket ip() {
        return new IpPacket(in, IP_AT + 20, Bytes.u16(in, IP_AT + 2) - 20, Bytes.u32(in, IP_AT + 12), Bytes.u32(in, IP_AT + 16));
    }

    /// Whether the checksums of the received IP header and its TCP payload are right.
    boolean checksumsRight() {
        boolean header = Bytes.checksum(Bytes.sum(in, IP_AT, 20, 0)) == 0;
        IpPacket packet = ip();
        long pseudo = FrameWriter.pseudo(6, packet.from(), packet.to(), packet.lengthBytes());
        return header && Bytes.checksum(Bytes.sum(in, packet.at(), packet.lengthBytes(), pseudo)) == 0;
    }

    @Override
    public void close() {
        link.close();
        arena.close();
    }
}
