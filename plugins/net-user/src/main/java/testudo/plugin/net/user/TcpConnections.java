package testudo.plugin.net.user;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;

/// The guest's TCP connections (RFC 9293). Under the stack's lock.
///
/// At most [#MOST_CONNECTIONS]; a further one is refused.
final class TcpConnections {
    static final int MOST_CONNECTIONS = 4096;
    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;
    private static final Logger LOG = LoggerFactory.getLogger(TcpConnections.class);
    private static final int HEADER_BYTES = 20;
    private static final int FIRST_PORT = 49_152;
    private static final int PORTS = 65_536 - FIRST_PORT;
    private static final int MOST_AT_ONCE = 64;

    private final FrameWriter writer;
    private final Reach reach;
    private final Selector selector;
    private final int mtu;
    private final Map<Flow, TcpConnection> byFlow = new HashMap<>();
    private boolean longSegments;
    private int nextPort;

    /// What tells a connection from others, as the guest sees it.
    record Flow(int guestPort, int address, int port) {}

    TcpConnections(FrameWriter writer, Reach reach, Selector selector, int mtu) {
        this.writer = writer;
        this.reach = reach;
        this.selector = selector;
        this.mtu = mtu;
    }

    void longSegments(boolean yes) {
        longSegments = yes;
    }

    boolean longSegments() {
        return longSegments;
    }

    int mtu() {
        return mtu;
    }

    /// Whether anything waits for time to pass.
    boolean wantsTime() {
        return !byFlow.isEmpty();
    }

    /// Opens a forwarded port.
    void listen(Forward forward) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open();
            server.register(configured(server), SelectionKey.OP_ACCEPT, new Listener(server, forward.guestPort()));
            server.bind(forward.host());
            LOG.info("network user: {} leads to the guest's port {}", server.getLocalAddress(), forward.guestPort());
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO,
                    "cannot forward %s: %s; choose another port".formatted(forward, e.getMessage()), e);
        }
    }

    private Selector configured(ServerSocketChannel server) throws IOException {
        server.configureBlocking(false);
        return selector;
    }

    boolean fromGuest(IpPacket packet) {
        if (packet.lengthBytes() < HEADER_BYTES || packet.from() != Subnet.GUEST) {
            return false;
        }
        int headerBytes = (packet.u8(12) >>> 4) * 4;
        if (headerBytes < HEADER_BYTES || headerBytes > packet.lengthBytes()) {
            return false;
        }
        Flow flow = new Flow(packet.u16(0), packet.to(), packet.u16(2));
        TcpSegment segment = new TcpSegment(packet, headerBytes);
        TcpConnection connection = byFlow.get(flow);
        if (connection != null) {
            connection.fromGuest(segment);
        } else if (segment.has(SYN) && !segment.has(ACK) && !segment.has(RST)) {
            open(flow, segment);
        } else if (!segment.has(RST)) {
            refuse(flow, segment);
        }
        return true;
    }

    private void open(Flow flow, TcpSegment syn) {
        InetSocketAddress to = reach.destination(flow.address(), flow.port());
        if (to == null || byFlow.size() >= MOST_CONNECTIONS) {
            refuse(flow, syn);
            return;
        }
        SocketChannel channel = null;
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            TcpConnection connection = new TcpConnection(this, writer, flow, channel);
            connection.key(channel.register(selector, SelectionKey.OP_CONNECT, connection));
            byFlow.put(flow, connection);
            connection.guestOpens(syn, channel.connect(to));
            selector.wakeup();
        } catch (IOException | RuntimeException e) { // unresolved or unsupported addresses come as unchecked exceptions
            LOG.debug("network user: connection to {} refused: {}", to, e.getMessage());
            byFlow.remove(flow);
            close(channel);
            refuse(flow, syn);
        }
    }

    /// A connection from the host to a forwarded port.
    private void accept(SocketChannel channel, int guestPort) throws IOException {
        for (int tries = 0; tries < PORTS && byFlow.size() < MOST_CONNECTIONS; tries++) {
            Flow flow = new Flow(guestPort, Subnet.GATEWAY, FIRST_PORT + nextPort++ % PORTS);
            if (!byFlow.containsKey(flow)) {
                channel.configureBlocking(false);
                TcpConnection connection = new TcpConnection(this, writer, flow, channel);
                connection.key(channel.register(selector, 0, connection));
                byFlow.put(flow, connection);
                connection.hostOpens();
                return;
            }
        }
        close(channel);
    }

    /// Answers a segment that belongs to nothing (RFC 9293, 3.5.2 "Reset Generation").
    private void refuse(Flow flow, TcpSegment segment) {
        if (writer.begin()) {
            int sequence = segment.has(ACK) ? segment.acknowledgment() : 0;
            TcpSegment.header(writer, flow, sequence, segment.nextSequence(), RST | ACK, 0);
            writer.finishTcp(flow.address(), Subnet.GUEST, HEADER_BYTES, 0, 1);
        }
    }

    void remove(Flow flow) {
        byFlow.remove(flow);
    }

    /// Sends what the full ring kept back.
    void pump() {
        byFlow.values().forEach(TcpConnection::pump);
    }

    void tick(long now) {
        for (TcpConnection connection : List.copyOf(byFlow.values())) {
            connection.tick(now);
        }
    }

    void close() {
        new ArrayList<>(byFlow.values()).forEach(TcpConnection::abort);
        byFlow.clear();
    }

    static void close(@Nullable SocketChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            LOG.debug("network user: closing a socket: {}", e.getMessage());
        }
    }

    /// A forwarded port.
    /// @param server its socket
    /// @param guestPort where it leads
    private final class Listener implements HostTask {
        private final ServerSocketChannel server;
        private final int guestPort;

        Listener(ServerSocketChannel server, int guestPort) {
            this.server = server;
            this.guestPort = guestPort;
        }

        @Override
        public void ready(SelectionKey key) {
            try {
                for (int i = 0; i < MOST_AT_ONCE; i++) {
                    SocketChannel channel = server.accept();
                    if (channel == null) {
                        return;
                    }
                    accept(channel, guestPort);
                }
            } catch (IOException e) {
                LOG.warn("network user: a connection to a forwarded port was lost: {}", e.getMessage());
            }
        }

        @Override
        public void fail() {
            LOG.warn("network user: a forwarded port is closed");
        }
    }
}
