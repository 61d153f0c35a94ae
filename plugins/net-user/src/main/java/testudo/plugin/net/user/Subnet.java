package testudo.plugin.net.user;

/// The guest's network: fixed addresses, as users of user-mode networks know them.
final class Subnet {
    static final int NETWORK = 0x0A00_0200;
    static final int MASK = 0xFFFF_FF00;
    /// The host, when the guest may reach it; DHCP server and router.
    static final int GATEWAY = NETWORK | 2;
    static final int NAME_SERVER = NETWORK | 3;
    static final int GUEST = NETWORK | 15;
    static final int BROADCAST = NETWORK | 255;
    /// The address of everything that is not the guest: locally administered.
    static final long GATEWAY_MAC = 0x5255_0A00_0202L;
    static final long BROADCAST_MAC = 0xFFFF_FFFF_FFFFL;

    private Subnet() {}

    /// Whether this process answers for an address itself.
    static boolean isOurs(int address) {
        return address == GATEWAY || address == NAME_SERVER;
    }
}
