package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertTrue;

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

    /// The guest's address behind the prefix.
    static final long LOW = 0x5054_00FF_FE12_3456L;

    /// Whether packets to ours go over IPv6.
    boolean ipv6;
    final UserLink link;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment out = arena.allocate(NetworkLink.MAX_FRAME_BYTES);
    final MemorySegment in = arena.allocate(NetworkLink.MAX_FRAME_BYTES);
    int lengthBytes;
    private int outBytes;

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
        outBytes = NetworkLink.HEADER_BYTES + frame.length;
        return link.send(out.asSlice(0, outBytes), outBytes); // what reads behind the frame fails
    }

    /// The frame that was sent last.
    MemorySegment out() {
        return out;
    }

    int outBytes() {
        return outBytes;
    }

    /// An IPv4 packet from the guest's address.
    boolean sendIp(int protocol, int to, byte[] payload) {
        return sendIp(protocol, Subnet.GUEST, to, payload);
    }

    boolean sendIp(int protocol, int from, int to, byte[] payload) {
        return ipv6 ? sendIp6(protocol, to, payload) : send(ipv4(protocol, from, to, payload));
    }

    static byte[] ipv4(int protocol, int from, int to, byte[] payload) {
        byte[] frame = new byte[14 + 20 + payload.length];
        MemorySegment bytes = MemorySegment.ofArray(frame);
        Bytes.put48(bytes, 0, Subnet.GATEWAY_MAC);
        Bytes.put48(bytes, 6, MAC);
        Bytes.put16(bytes, 12, 0x0800);
        Bytes.put16(bytes, 14, 0x4500);
        Bytes.put16(bytes, 16, 20 + payload.length);
        Bytes.put8(bytes, 22, 64);
        Bytes.put8(bytes, 23, protocol);
        Bytes.put32(bytes, 26, from);
        Bytes.put32(bytes, 30, to);
        System.arraycopy(payload, 0, frame, 34, payload.length);
        return frame;
    }

    static byte[] ipv6(int protocol, long fromLow, long toHigh, long toLow, byte[] payload) {
        byte[] frame = new byte[14 + 40 + payload.length];
        MemorySegment bytes = MemorySegment.ofArray(frame);
        Bytes.put48(bytes, 0, Subnet.GATEWAY_MAC);
        Bytes.put48(bytes, 6, MAC);
        Bytes.put16(bytes, 12, 0x86DD);
        Bytes.put32(bytes, 14, 0x6000_0000);
        Bytes.put16(bytes, 18, payload.length);
        Bytes.put8(bytes, 20, protocol);
        Bytes.put8(bytes, 21, 255);
        Bytes.put64(bytes, 22, fromLow == 0 ? 0 : Subnet.PREFIX);
        Bytes.put64(bytes, 30, fromLow);
        Bytes.put64(bytes, 38, toHigh);
        Bytes.put64(bytes, 46, toLow);
        System.arraycopy(payload, 0, frame, 54, payload.length);
        return frame;
    }

    /// The same as over IPv4: the last byte of the address says which machine.
    private boolean sendIp6(int protocol, int to, byte[] payload) {
        return send(ipv6(protocol, LOW, Subnet.PREFIX, to & 0xFF, payload));
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
            IpPacket packet = new IpPacket();
            TcpSegment segment = new TcpSegment(packet);
            if (packet.read(in, lengthBytes) && packet.protocol() == FrameWriter.TCP && segment.read()) {
                return segment;
            }
        }
        return null;
    }

    IpPacket ip() {
        IpPacket packet = new IpPacket();
        assertTrue(packet.read(in, lengthBytes));
        return packet;
    }

    /// Whether the checksums of the received IP header and its payload are right.
    boolean checksumsRight() {
        IpPacket packet = ip();
        boolean header = packet.isIpv6() || Bytes.checksum(Bytes.sum(in, IP_AT, 20, 0)) == 0;
        return header && Bytes.checksum(Bytes.sum(packet.memory(), packet.at(), packet.lengthBytes(), pseudo(packet))) == 0;
    }

    private static long pseudo(IpPacket packet) {
        long addresses = packet.isIpv6()
                ? Bytes.sum(packet.fromHigh(), packet.fromLow()) + Bytes.sum(packet.toHigh(), packet.toLow())
                : (packet.fromLow() & 0xFFFF_FFFFL) + (packet.toLow() & 0xFFFF_FFFFL);
        return addresses + packet.protocol() + packet.lengthBytes();
    }

    @Override
    public void close() {
        link.close();
        arena.close();
    }
}
