package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;

/// The router of the guest's IPv6 network: says the prefix, its addresses and the name server (RFC 4861, RFC 4862, RFC 8106), and learns the address
/// that the guest has made. Under the stack's lock.
final class Neighbours {
    /// The least MTU that IPv6 works with (RFC 8200, 5 "Packet Size Issues"); with a lower one there is no IPv6.
    static final int LEAST_MTU = 1280;
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int NEIGHBOUR_SOLICITATION = 135;
    private static final int NEIGHBOUR_ADVERTISEMENT = 136;
    private static final int HOP_LIMIT = 255;
    private static final int SOLICITATION_BYTES = 24;
    private static final int ADVERTISEMENT_BYTES = 32;
    private static final long PERIOD_NANOS = TimeUnit.MINUTES.toNanos(8);
    private static final int ROUTER_SECONDS = 1800;
    private static final int PREFERRED_SECONDS = 14_400;
    private static final int VALID_SECONDS = 86_400;
    private static final long ALL_NODES_HIGH = 0xFF02_0000_0000_0000L;
    private static final int ROUTER_SOLICITED_OVERRIDE = 0xE000_0000;
    private static final int ROUTER_OVERRIDE = 0xA000_0000;

    private final FrameWriter writer;
    private final int mtu;
    private final boolean hasNameServer;
    private long guestLow;
    private boolean asked;
    private long advertised;

    Neighbours(FrameWriter writer, int mtu, boolean hasNameServer) {
        this.writer = writer;
        this.mtu = mtu;
        this.hasNameServer = hasNameServer;
    }

    /// The low half of the guest's address behind the prefix, as last seen.
    /// @return 0 as long as it has shown none
    long guestLow() {
        return guestLow;
    }

    /// Sees a packet of the guest.
    void seen(IpPacket packet) {
        if (packet.fromHigh() == Subnet.PREFIX && Subnet.isGuest(packet.fromHigh(), packet.fromLow())) {
            guestLow = packet.fromLow();
        }
    }

    /// Answers solicitations.
    /// @param packet an ICMPv6 packet
    /// @return false when it is none, or asks for somebody else
    boolean solicited(IpPacket packet, long now) {
        boolean valid = packet.isIpv6() && packet.hopLimit() == HOP_LIMIT && packet.lengthBytes() >= 8 && packet.u8(1) == 0;
        if (!valid || mtu < LEAST_MTU) {
            return false;
        }
        return switch (packet.u8(0)) {
            case ROUTER_SOLICITATION -> {
                asked = true;
                yield advertise(now);
            }
            case NEIGHBOUR_SOLICITATION -> packet.lengthBytes() >= SOLICITATION_BYTES && neighbour(packet);
            default -> false;
        };
    }

    private boolean neighbour(IpPacket packet) {
        long high = Bytes.u64(packet.memory(), packet.at() + 8L);
        long low = Bytes.u64(packet.memory(), packet.at() + 16L);
        boolean probe = packet.fromHigh() == 0 && packet.fromLow() == 0;
        if (!Subnet.isOurs(high, low) || high == 0) {
            if (probe && high == Subnet.PREFIX) {
                guestLow = low; // it is about to take that address (RFC 4862, 5.4 "Duplicate Address Detection")
            }
            return false;
        }
        if (!writer.begin(true)) {
            return false;
        }
        MemorySegment memory = writer.memory();
        long at = writer.payload();
        Bytes.put32(memory, at, NEIGHBOUR_ADVERTISEMENT << 24);
        Bytes.put32(memory, at + 4, probe ? ROUTER_OVERRIDE : ROUTER_SOLICITED_OVERRIDE);
        Bytes.put64(memory, at + 8, high);
        Bytes.put64(memory, at + 16, low);
        linkAddress(memory, at + 24, 2);
        if (probe) {
            writer.addresses(high, low, ALL_NODES_HIGH, 1);
        } else {
            writer.addresses(high, low, packet.fromHigh(), packet.fromLow());
        }
        writer.finishIcmp(ADVERTISEMENT_BYTES);
        return true;
    }

    /// Says it again before the guest forgets.
    void tick(long now) {
        if (asked && now - advertised > PERIOD_NANOS) {
            advertise(now);
        }
    }

    private boolean advertise(long now) {
        if (!writer.begin(true)) {
            return false;
        }
        advertised = now;
        MemorySegment memory = writer.memory();
        long start = writer.payload();
        Bytes.put32(memory, start, ROUTER_ADVERTISEMENT << 24);
        Bytes.put32(memory, start + 4, 64 << 24 | ROUTER_SECONDS);
        Bytes.put64(memory, start + 8, 0);
        long at = start + 16;
        linkAddress(memory, at, 1);
        at += 8;
        Bytes.put32(memory, at, 0x0501_0000);
        Bytes.put32(memory, at + 4, mtu);
        at += 8;
        Bytes.put32(memory, at, 0x0304_40C0); // 64 bits, on this link, for addresses that the guest makes itself
        Bytes.put32(memory, at + 4, VALID_SECONDS);
        Bytes.put32(memory, at + 8, PREFERRED_SECONDS);
        Bytes.put32(memory, at + 12, 0);
        Bytes.put64(memory, at + 16, Subnet.PREFIX);
        Bytes.put64(memory, at + 24, 0);
        at += 32;
        if (hasNameServer) {
            Bytes.put32(memory, at, 0x1903_0000); // RFC 8106, 5.1 "Recursive DNS Server Option"
            Bytes.put32(memory, at + 4, ROUTER_SECONDS);
            Bytes.put64(memory, at + 8, Subnet.PREFIX);
            Bytes.put64(memory, at + 16, Subnet.NAME_SERVER_LOW);
            at += 24;
        }
        writer.addresses(Subnet.LINK_LOCAL, Subnet.GATEWAY_LOW, ALL_NODES_HIGH, 1);
        writer.finishIcmp((int) (at - start));
        return true;
    }

    private static void linkAddress(MemorySegment memory, long at, int option) {
        Bytes.put16(memory, at, option << 8 | 1);
        Bytes.put48(memory, at + 2, Subnet.GATEWAY_MAC);
    }
}
