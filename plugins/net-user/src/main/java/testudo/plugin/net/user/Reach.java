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
/// Never: loopback, "this network", link-local (where clouds keep their secrets) and group addresses. Only with host access: the host's own
/// addresses, and its loopback by way of the gateway's address.
final class Reach {
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
    /// @param address destination as the guest wrote it
    /// @param port destination port
    /// @return null when it may not go there
    @Nullable
    InetSocketAddress destination(int address, int port) {
        if (nothing || port == 0) {
            return null;
        }
        if (address == Subnet.NAME_SERVER) {
            return port == 53 && nameServer.isPresent() ? new InetSocketAddress(nameServer.get(), port) : null;
        }
        if (address == Subnet.GATEWAY) {
            return hostAccess ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port) : null;
        }
        if ((address & Subnet.MASK) == Subnet.NETWORK) {
            return null;
        }
        InetAddress target = inet(address);
        boolean never = address >>> 24 == 0 || address == -1 || target.isLoopbackAddress() || target.isLinkLocalAddress()
                || target.isMulticastAddress() || address >>> 28 == 0xF;
        if (never || (!hostAccess && ownAddresses.contains(target))) {
            return null;
        }
        return new InetSocketAddress(target, port);
    }

    /// The address under which the guest knows a host.
    /// @return 0 for one that it can't know
    int seenAs(InetAddress host) {
        if (nameServer.isPresent() && nameServer.get().equals(host)) {
            return Subnet.NAME_SERVER;
        }
        if (host.isLoopbackAddress()) {
            return hostAccess ? Subnet.GATEWAY : 0;
        }
        byte[] bytes = host.getAddress();
        return bytes.length == 4 ? ByteBuffer.wrap(bytes).getInt() : 0;
    }

    static InetAddress inet(int address) {
        try {
            return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(address).array());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // only for a wrong length
        }
    }

    private static Set<InetAddress> ownAddresses() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .collect(Collectors.toUnmodifiableSet());
        } catch (SocketException e) {
            return Set.of();
        }
    }
}
