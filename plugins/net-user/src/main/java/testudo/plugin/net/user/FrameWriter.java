package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import testudo.spi.host.HostEvent;
import testudo.spi.net.NetworkLink;

/// Writes frames for the guest into the ring. Under the stack's lock. Does not allocate.
///
/// Use: [#begin], [#addresses], payload at [#payload], then one of the `finish` methods. When the ring is full nothing is written, and the caller tries again
/// after the guest has taken frames, or drops what it had.
final class FrameWriter {
    static final int ETHERNET_BYTES = 14;
    static final int IPV4_BYTES = 20;
    static final int IPV6_BYTES = 40;
    static final int TCP = 6;
    static final int UDP = 17;
    static final int ICMP = 1;
    static final int ICMPV6 = 58;
    private static final int FRAGMENT = 44;
    private static final int FRAGMENT_BYTES = 8;
    private static final int TTL = 64;
    /// Neighbours prove with it that no router has passed the packet on (RFC 4861, 6.1.2 "Validation of Router Advertisement Messages").
    private static final int NEIGHBOUR_TTL = 255;
    private static final int FIRST_NEIGHBOUR_TYPE = 133;
    private static final int NEEDS_CHECKSUM = 1;
    private static final int SEGMENTS_TCP4 = 1;
    private static final int SEGMENTS_TCP6 = 4;
    private static final int TCP_CHECKSUM_AT = 16;
    private static final int UDP_CHECKSUM_AT = 6;
    private static final int ICMP_CHECKSUM_AT = 2;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int DONT_FRAGMENT = 0x4000;
    private static final int IP_AT = NetworkLink.HEADER_BYTES + ETHERNET_BYTES;

    private final FrameRing ring;
    private final MemorySegment memory;
    private final HostEvent filled;
    private long guestMac = Subnet.BROADCAST_MAC;
    private int identification;
    private long start;
    private boolean ipv6;
    private long fromHigh;
    private long fromLow;
    private long toHigh;
    private long toLow;
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

    /// How long the IP header of a family is.
    static int headerBytes(boolean ipv6) {
        return ipv6 ? IPV6_BYTES : IPV4_BYTES;
    }

    /// Starts a frame.
    /// @param six whether it will be an IPv6 packet
    /// @return false when the ring is full
    boolean begin(boolean six) {
        if (!ring.hasRoom()) {
            refused = true;
            return false;
        }
        ipv6 = six;
        start = ring.reserve(NetworkLink.MAX_FRAME_BYTES);
        Bytes.put64(memory, start, 0);
        Bytes.put32(memory, start + Long.BYTES, 0);
        return true;
    }

    /// Starts a frame from the peer of a flow to its guest.
    /// @return false when the ring is full
    boolean begin(Flow flow) {
        addresses(flow.high(), flow.low(), flow.guestHigh(), flow.guestLow());
        return begin(flow.isIpv6());
    }

    /// Says from where to where the packet goes.
    void addresses(long sourceHigh, long sourceLow, long destinationHigh, long destinationLow) {
        fromHigh = sourceHigh;
        fromLow = sourceLow;
        toHigh = destinationHigh;
        toLow = destinationLow;
    }

    /// Where the payload of an IP packet goes.
    /// @return an offset in [#memory()]
    long payload() {
        return start + IP_AT + headerBytes(ipv6);
    }

    /// Where the payload of a fragment goes.
    /// @return an offset in [#memory()]
    long fragmentPayload() {
        return payload() + (ipv6 ? FRAGMENT_BYTES : 0);
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

    /// Ends one fragment of a datagram; its payload is at [#fragmentPayload].
    void finishFragment(int payloadBytes, int offsetBytes, boolean last) {
        if (ipv6) {
            long at = payload();
            Bytes.put16(memory, at, UDP << 8);
            Bytes.put16(memory, at + 2, offsetBytes | (last ? 0 : 1));
            Bytes.put32(memory, at + 4, identification);
            finish(FRAGMENT, payloadBytes + FRAGMENT_BYTES, 0, TTL);
        } else {
            finish(UDP, payloadBytes, (last ? 0 : MORE_FRAGMENTS) | offsetBytes / 8, TTL);
        }
    }

    /// A new identification for the fragments of one packet.
    void newPacket() {
        identification = identification + 1 & 0xFFFF;
    }

    /// Ends an echo reply, or what neighbours tell each other.
    void finishIcmp(int lengthBytes) {
        boolean neighbours = ipv6 && Bytes.u8(memory, payload()) >= FIRST_NEIGHBOUR_TYPE;
        checksum(ipv6 ? ICMPV6 : ICMP, lengthBytes, ICMP_CHECKSUM_AT);
        finish(ipv6 ? ICMPV6 : ICMP, lengthBytes, DONT_FRAGMENT, neighbours ? NEIGHBOUR_TTL : TTL);
    }

    /// Ends a datagram. Over IPv4 it has no checksum, which is allowed (RFC 768); over IPv6 it must have one.
    void finishUdp(int lengthBytes) {
        Bytes.put16(memory, payload() + UDP_CHECKSUM_AT, 0);
        if (ipv6 && offloadChecksum) {
            leaveChecksum(UDP, lengthBytes, UDP_CHECKSUM_AT);
        } else if (ipv6) {
            checksum(UDP, lengthBytes, UDP_CHECKSUM_AT);
        }
        finish(UDP, lengthBytes, DONT_FRAGMENT, TTL);
    }

    /// Ends a TCP segment: sums it, or leaves that to the guest, which also cuts it where it is longer than one segment.
    /// @param segmentBytes payload of one segment (MSS)
    void finishTcp(int headerBytes, int dataBytes, int segmentBytes) {
        int length = headerBytes + dataBytes;
        if (offloadChecksum) {
            leaveChecksum(TCP, length, TCP_CHECKSUM_AT);
            if (dataBytes > segmentBytes) {
                Bytes.put8(memory, start + 1, ipv6 ? SEGMENTS_TCP6 : SEGMENTS_TCP4);
                Bytes.putLittle16(memory, start + 2, ETHERNET_BYTES + headerBytes(ipv6) + headerBytes);
                Bytes.putLittle16(memory, start + 4, segmentBytes);
            }
        } else {
            checksum(TCP, length, TCP_CHECKSUM_AT);
        }
        finish(TCP, length, DONT_FRAGMENT, TTL);
    }

    private void leaveChecksum(int protocol, int lengthBytes, int at) {
        Bytes.put8(memory, start, NEEDS_CHECKSUM);
        Bytes.putLittle16(memory, start + 6, ETHERNET_BYTES + headerBytes(ipv6));
        Bytes.putLittle16(memory, start + 8, at);
        Bytes.put16(memory, payload() + at, Bytes.fold(pseudo(protocol, lengthBytes)));
    }

    private void checksum(int protocol, int lengthBytes, int at) {
        Bytes.put16(memory, payload() + at, 0);
        long sum = protocol == ICMP ? 0 : pseudo(protocol, lengthBytes);
        int value = Bytes.checksum(Bytes.sum(memory, payload(), lengthBytes, sum));
        Bytes.put16(memory, payload() + at, protocol == UDP && value == 0 ? 0xFFFF : value);
    }

    /// The sum of the pseudo header (RFC 9293, 3.1 "Header Format"; RFC 8200, 8.1 "Upper-Layer Checksums").
    long pseudo(int protocol, int lengthBytes) {
        long addresses = ipv6
                ? Bytes.sum(fromHigh, fromLow) + Bytes.sum(toHigh, toLow)
                : (fromLow & 0xFFFF_FFFFL) + (toLow & 0xFFFF_FFFFL);
        return addresses + protocol + lengthBytes;
    }

    private void finish(int protocol, int payloadBytes, int fragment, int ttl) {
        if (ipv6) {
            ipv6(protocol, payloadBytes, ttl);
        } else {
            ipv4(protocol, payloadBytes, fragment, ttl);
        }
        ethernet(destinationMac(), ipv6 ? IpPacket.TYPE_IPV6 : IpPacket.TYPE_IPV4);
        commit(IP_AT + headerBytes(ipv6) + payloadBytes);
    }

    private long destinationMac() {
        if (ipv6) {
            boolean group = toHigh >>> 56 == 0xFF;
            return group ? 0x3333_0000_0000L | (toLow & 0xFFFF_FFFFL) : guestMac; // RFC 2464, 7 "Address Mapping -- Multicast"
        }
        int to = (int) toLow;
        return to == Subnet.BROADCAST || to == -1 ? Subnet.BROADCAST_MAC : guestMac;
    }

    private void ipv4(int protocol, int payloadBytes, int fragment, int ttl) {
        long at = start + IP_AT;
        Bytes.put16(memory, at, 0x4500);
        Bytes.put16(memory, at + 2, IPV4_BYTES + payloadBytes);
        Bytes.put16(memory, at + 4, fragment == DONT_FRAGMENT ? 0 : identification);
        Bytes.put16(memory, at + 6, fragment);
        Bytes.put8(memory, at + 8, ttl);
        Bytes.put8(memory, at + 9, protocol);
        Bytes.put16(memory, at + 10, 0);
        Bytes.put32(memory, at + 12, (int) fromLow);
        Bytes.put32(memory, at + 16, (int) toLow);
        Bytes.put16(memory, at + 10, Bytes.checksum(Bytes.sum(memory, at, IPV4_BYTES, 0)));
    }

    private void ipv6(int protocol, int payloadBytes, int ttl) {
        long at = start + IP_AT;
        Bytes.put32(memory, at, 0x6000_0000);
        Bytes.put16(memory, at + 4, payloadBytes);
        Bytes.put8(memory, at + 6, protocol);
        Bytes.put8(memory, at + 7, ttl);
        Bytes.put64(memory, at + 8, fromHigh);
        Bytes.put64(memory, at + 16, fromLow);
        Bytes.put64(memory, at + 24, toHigh);
        Bytes.put64(memory, at + 32, toLow);
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
