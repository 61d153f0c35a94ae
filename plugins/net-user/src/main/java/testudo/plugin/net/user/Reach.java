package testudo.plugin.net.user;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What the guest may reach: everything that is not the host itself, unless the user opens or closes more.
///
/// Never: loopback, "this network", link-local and group addresses, the addresses under which clouds keep their secrets, and IPv6 addresses that stand for
/// IPv4 ones, which would lead around all this. Only with host access: the host's own addresses, and its loopback by way of the gateway's address.
final class Reach {
    private static final int DNS = 53;
    private static final long METADATA_EC2 = 0xFD00_0EC2_0000_0000L; // fd00:ec2::254
    private static final long METADATA_GCE = 0xFD20_00CE_0000_0000L; // fd20:ce::254
    private static final long METADATA_LOW = 0x254;

    private final boolean nothing;
    private final boolean hostAccess;
    private final Optional<InetAddress> nameServer;
    private final Set<InetAddress> ownAddresses;

    Reach(boolean nothing, boolean hostAccess, Optional<InetAddress> nameServer) {
        this.nothing = nothing;
        this.hostAccess = hostAccess;
        this.nameServer = nameServer;
        ownAddresses = ownAddresses();
    }

    /// Where a guest's packet goes.
    /// @param high destination as the guest wrote it, as [Subnet] has it
    /// @param low the other half
    /// @param port destination port
    /// @return null when it may not go there
    @Nullable
    InetSocketAddress destination(long high, long low, int port) {
        if (nothing || port == 0) {
            return null;
        }
        if (Subnet.isNameServer(high, low)) {
            return port == DNS && nameServer.isPresent() ? new InetSocketAddress(nameServer.get(), port) : null;
        }
        if (Subnet.isGateway(high, low)) {
            return hostAccess ? new InetSocketAddress(high == 0 ? loopback4() : InetAddress.ofLiteral("::1"), port) : null;
        }
        if (high == 0 ? isNever((int) low) : isNever(high, low)) {
            return null;
        }
        InetAddress target = inet(high, low);
        return !hostAccess && ownAddresses.contains(target) ? null : new InetSocketAddress(target, port);
    }

    private static InetAddress loopback4() {
        return InetAddress.ofLiteral("127.0.0.1");
    }

    private static boolean isNever(int address) {
        boolean network = (address & Subnet.MASK) == Subnet.NETWORK;
        boolean linkLocal = address >>> 16 == 0xA9FE;
        return network || linkLocal || address >>> 24 == 0 || address >>> 24 == 127 || address >>> 28 >= 0xE;
    }

    private static boolean isNever(long high, long low) {
        int first = (int) (high >>> 48);
        boolean special = first == 0 || first >>> 8 == 0xFF || first >>> 6 == 0xFE80 >>> 6 || first >>> 6 == 0xFEC0 >>> 6;
        boolean translated = first == 0x64 || first == 0x2002 || high >>> 32 == 0x2001_0000; // NAT64, 6to4, Teredo
        boolean secrets = (high == METADATA_EC2 || high == METADATA_GCE) && low == METADATA_LOW;
        return special || translated || secrets || high == Subnet.PREFIX;
    }

    /// Finds the address under which the guest knows a host.
    /// @param host who has sent something
    /// @param flow its peer becomes that, with the host's port
    /// @return false for one that the guest can't know, or not in the flow's family
    boolean seenAs(InetSocketAddress host, Flow flow) {
        boolean ipv6 = flow.isIpv6();
        InetAddress address = host.getAddress();
        if (host.getPort() == DNS && nameServer.isPresent() && nameServer.get().equals(address)) {
            peer(flow, ipv6, Subnet.NAME_SERVER, Subnet.NAME_SERVER_LOW, DNS);
            return true;
        }
        if (address.isLoopbackAddress()) {
            peer(flow, ipv6, Subnet.GATEWAY, Subnet.GATEWAY_LOW, host.getPort());
            return hostAccess;
        }
        byte[] bytes = address.getAddress();
        if (bytes.length == 4 && !ipv6) {
            flow.peer(0, Subnet.mapped(ByteBuffer.wrap(bytes).getInt()), host.getPort());
        } else if (bytes.length == 16 && ipv6) {
            ByteBuffer halves = ByteBuffer.wrap(bytes);
            flow.peer(halves.getLong(), halves.getLong(), host.getPort());
        } else {
            return false;
        }
        return true;
    }

    private static void peer(Flow flow, boolean ipv6, int address, long low, int port) {
        if (ipv6) {
            flow.peer(Subnet.PREFIX, low, port);
        } else {
            flow.peer(0, Subnet.mapped(address), port);
        }
    }

    /// The address that two halves stand for.
    static InetAddress inet(long high, long low) {
        try {
            return InetAddress.getByAddress(high == 0
                    ? ByteBuffer.allocate(4).putInt((int) low).array()
                    : ByteBuffer.allocate(16).putLong(high).putLong(low).array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a wrong length
        }
    }

    private static Set<InetAddress> ownAddresses() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .map(Reach::withoutScope)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (SocketException e) {
            return Set.of();
        }
    }

    /// The same address without the interface that it belongs to.
    private static InetAddress withoutScope(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a wrong length
        }
    }
}
