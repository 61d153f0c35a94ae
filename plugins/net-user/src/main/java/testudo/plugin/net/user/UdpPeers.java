package testudo.plugin.net.user;

import java.net.InetSocketAddress;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Who has sent datagrams to a forwarded port. The guest sees them all at the gateway's address, each at a port of its own: the one it really has, unless
/// another one is seen there. At most [#MOST]; the oldest is forgotten.
final class UdpPeers {
    static final int MOST = 256;
    private static final int FIRST_PORT = 49_152;
    private static final int LAST_PORT = 65_535;

    private final @Nullable InetSocketAddress[] addresses = new InetSocketAddress[MOST];
    private final int[] ports = new int[MOST];
    private int oldest;
    private int last;

    /// Who is seen at a port.
    @Nullable
    InetSocketAddress at(int port) {
        if (ports[last] != port) {
            int index = indexOf(port);
            if (index < 0) {
                return null;
            }
            last = index;
        }
        return addresses[last];
    }

    /// The port at which a peer is seen.
    int port(InetSocketAddress peer) {
        if (!peer.equals(addresses[last])) {
            int index = Arrays.asList(addresses).indexOf(peer);
            last = index < 0 ? remember(peer) : index;
        }
        return ports[last];
    }

    private int remember(InetSocketAddress peer) {
        int port = peer.getPort();
        for (int candidate = FIRST_PORT; indexOf(port) >= 0 && candidate <= LAST_PORT; candidate++) {
            port = candidate;
        }
        int index = oldest;
        oldest = (oldest + 1) % MOST;
        addresses[index] = peer;
        ports[index] = port;
        return index;
    }

    private int indexOf(int port) {
        for (int i = 0; i < MOST; i++) {
            if (ports[i] == port && addresses[i] != null) {
                return i;
            }
        }
        return -1;
    }
}
