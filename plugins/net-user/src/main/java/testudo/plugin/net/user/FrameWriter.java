package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import testudo.spi.host.HostEvent;
import testudo.spi.net.NetworkLink;

/// Writes frames for the guest into the ring. Under the stack's lock.
///
/// Use: [#begin], payload at [#payload], then one of the `finish` methods. When the ring is full nothing is written, and the caller tries again after the
/// guest has taken frames, or drops what it had.
final class FrameWriter {
    static final int ETHERNET_BYTES = 14;
    static final int IP_BYTES = 20;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMP = 1;
    private static final int TYPE_IP = 0x0800;
    private static final int TTL = 64;
    private static final int NEEDS_CHECKSUM = 1;
    private static final int SEGMENTS_TCP4 = 1;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int IP_AT = NetworkLink.HEADER_BYTES + ETHERNET_BYTES;

    private final FrameRing ring;
    private final MemorySegment memory;
    private final HostEvent filled;
    private long guestMac = Subnet.BROADCAST_MAC;
    private int identification;
    private long start;
    private boolean offloadChecksum;
    private volatile boolean refused;

    FrameWriter(FrameRing ring, HostEvent filled) {
        this.ring = ring;
        this.memory = ring.memory();
        this.filled = filled;
    }

    /// Learns where the guest is.
    void guest(long mac) {
        guestMac = mac;
    }

    /// Whether the guest can do with checksums that are not complete.
    void offloadChecksum(boolean yes) {
        offloadChecksum = yes;
    }

    /// Whether a frame found no room since the last call. Any thread; cheap when none did.
    boolean takeRefused() {
        if (refused) {
            refused = false;
            return true;
        }
        return false;
    }

    /// The memory frames are written to.
    MemorySegment memory() {
        return memory;
    }

    /// Starts a frame.
    /// @return false when the ring is full
    boolean begin() {
        if (!ring.hasRoom()) {
            refused = true;
            return false;
        }
        start = ring.reserve(NetworkLink.MAX_FRAME_BYTES);
        memory.asSlice(start, NetworkLink.HEADER_BYTES).fill((byte) 0);
        return true;
    }

    /// Where the payload of an IP packet goes.
    /// @return an offset in [#memory()]
    long payload() {
        return start + IP_AT + IP_BYTES;
    }

    /// Where a packet that is not IP goes.
    /// @return an offset in [#memory()]
    long plain() {
        return start + IP_AT;
    }

    /// Ends a frame that is not IP.
    void finishPlain(int type, int lengthBytes) {
        ethernet(guestMac, type);
        commit(IP_AT + lengthBytes);
    }

    /// Ends an IP packet whose payload is complete.
    void finish(int protocol, int from, int to, int payloadBytes) {
        ip(protocol, from, to, payloadBytes, DONT_FRAGMENT, 0);
        boolean broadcast = to == Subnet.BROADCAST || to == -1;
        ethernet(broadcast ? Subnet.BROADCAST_MAC : guestMac, TYPE_IP);
        commit(IP_AT + IP_BYTES + payloadBytes);
    }

    /// Ends one fragment of an IP packet.
    void finishFragment(int from, int to, int payloadBytes, int offsetBytes, boolean last) {
        ip(UDP, from, to, payloadBytes, (last ? 0 : MORE_FRAGMENTS) | offsetBytes / 8, identification);
        ethernet(guestMac, TYPE_IP);
        commit(IP_AT + IP_BYTES + payloadBytes);
    }

    /// A new identification for the fragments of one packet.
    void newPacket() {
        identification = identification + 1 & 0xFFFF;
    }

    /// Ends a TCP segment: sums it, or leaves that to the guest, which also cuts it where it is longer than one segment.
    /// @param segmentBytes payload of one segment (MSS)
    void finishTcp(int from, int to, int headerBytes, int dataBytes, int segmentBytes) {
        long at = payload();
        int length = headerBytes + dataBytes;
        long pseudo = pseudo(TCP, from, to, length);
        if (offloadChecksum) {
            Bytes.put8(memory, start, NEEDS_CHECKSUM);
            Bytes.putLittle16(memory, start + 6, ETHERNET_BYTES + IP_BYTES);
            Bytes.putLittle16(memory, start + 8, 16);
            Bytes.put16(memory, at + 16, Bytes.fold(pseudo));
            if (dataBytes > segmentBytes) {
                Bytes.put8(memory, start + 1, SEGMENTS_TCP4);
                Bytes.putLittle16(memory, start + 2, ETHERNET_BYTES + IP_BYTES + headerBytes);
                Bytes.putLittle16(memory, start + 4, segmentBytes);
            }
        } else {
            Bytes.put16(memory, at + 16, 0);
            Bytes.put16(memory, at + 16, Bytes.checksum(Bytes.sum(memory, at, length, pseudo)));
        }
        finish(TCP, from, to, length);
    }

    /// The sum of the pseudo header (RFC 9293, 3.1 "Header Format").
    static long pseudo(int protocol, int from, int to, int lengthBytes) {
        return Integer.toUnsignedLong(from) + Integer.toUnsignedLong(to) + protocol + lengthBytes;
    }

    private void ip(int protocol, int from, int to, int payloadBytes, int fragment, int id) {
        long at = start + IP_AT;
        Bytes.put16(memory, at, 0x4500);
        Bytes.put16(memory, at + 2, IP_BYTES + payloadBytes);
        Bytes.put16(memory, at + 4, id);
        Bytes.put16(memory, at + 6, fragment);
        Bytes.put8(memory, at + 8, TTL);
        Bytes.put8(memory, at + 9, protocol);
        Bytes.put16(memory, at + 10, 0);
        Bytes.put32(memory, at + 12, from);
        Bytes.put32(memory, at + 16, to);
        Bytes.put16(memory, at + 10, Bytes.checksum(Bytes.sum(memory, at, IP_BYTES, 0)));
    }

    private void ethernet(long to, int type) {
        long at = start + NetworkLink.HEADER_BYTES;
        Bytes.put48(memory, at, to);
        Bytes.put48(memory, at + 6, Subnet.GATEWAY_MAC);
        Bytes.put16(memory, at + 12, type);
    }

    private void commit(int lengthBytes) {
        if (ring.commit(lengthBytes)) {
            filled.signal();
        }
    }
}
