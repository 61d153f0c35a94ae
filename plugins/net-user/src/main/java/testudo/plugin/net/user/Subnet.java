package testudo.plugin.net.user;

/// The guest's network: fixed addresses, as users of user-mode networks know them.
///
/// Where both families are spoken of, an address is two numbers, high and low half of an IPv6 address; an IPv4 address is the one that is mapped into
/// IPv6 (RFC 4291, 2.5.5.2 "IPv4-Mapped IPv6 Address"). No IPv6 packet has such an address: [IpPacket] refuses it.
final class Subnet {
    static final int NETWORK = 0x0A00_0200;
    static final int MASK = 0xFFFF_FF00;
    /// The host, when the guest may reach it; DHCP server and router.
    static final int GATEWAY = NETWORK | 2;
    static final int NAME_SERVER = NETWORK | 3;
    static final int GUEST = NETWORK | 15;
    static final int BROADCAST = NETWORK | 255;
    /// fd00::/64.
    static final long PREFIX = 0xFD00_0000_0000_0000L;
    static final long LINK_LOCAL = 0xFE80_0000_0000_0000L;
    /// Low halves of the same two machines in IPv6, behind [#PREFIX] and, the gateway's, behind [#LINK_LOCAL].
    static final long GATEWAY_LOW = 2;
    static final long NAME_SERVER_LOW = 3;
    /// The address of everything that is not the guest: locally administered.
    static final long GATEWAY_MAC = 0x5255_0A00_0202L;
    static final long BROADCAST_MAC = 0xFFFF_FFFF_FFFFL;
    private static final long MAPPED = 0xFFFF_0000_0000L;

    private Subnet() {}

    /// Whether this process answers for an address itself.
    static boolean isOurs(int address) {
        return address == GATEWAY || address == NAME_SERVER;
    }

    /// Whether this process answers for an address of either family itself.
    static boolean isOurs(long high, long low) {
        return isGateway(high, low) || isNameServer(high, low);
    }

    static boolean isGateway(long high, long low) {
        return high == 0 ? low == mapped(GATEWAY) : low == GATEWAY_LOW && (high == PREFIX || high == LINK_LOCAL);
    }

    static boolean isNameServer(long high, long low) {
        return high == 0 ? low == mapped(NAME_SERVER) : low == NAME_SERVER_LOW && high == PREFIX;
    }

    /// Whether a guest may send from an address: its lease, or what it has made of the prefix.
    static boolean isGuest(long high, long low) {
        return high == 0 ? low == mapped(GUEST) : (high == PREFIX || high == LINK_LOCAL) && low != 0 && !isOurs(high, low);
    }

    /// The low half that stands for an IPv4 address; its high half is 0.
    static long mapped(int address) {
        return MAPPED | Integer.toUnsignedLong(address);
    }

    static boolean isMapped(long high, long low) {
        return high == 0 && low >>> 32 == MAPPED >>> 32;
    }
}
