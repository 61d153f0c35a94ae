package testudo.plugin.net.user;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
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
    /// A closed socket keeps its descriptor until the network's thread comes to it. So many may wait for that, then no new one is opened.
    static final int MOST_CLOSING = 512;
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
    private static final long SHORT_MILLIS = 50;
    private static final long LONG_MILLIS = 250;
    private static final long NONE_MILLIS = 1000;

    private final FrameWriter writer;
    private final Reach reach;
    private final Selector selector;
    private final int mtu;
    private final Neighbours neighbours;
    private final BufferPool pool;
    private final TcpSegment segment;
    private final Map<Flow, TcpConnection> byFlow = new HashMap<>();
    private final List<TcpConnection> list = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();
    private final Flow wanted = new Flow();
    private boolean longSegments4;
    private boolean longSegments6;
    private int nextPort;
    private @Nullable Thread thread;
    private volatile int waiting;
    private volatile int open;

    /// @param packet in which segments come
    /// Sockets that were closed since the network's thread has last looked.
    private int closing;

    TcpConnections(IpPacket packet, FrameWriter writer, Reach reach, Selector selector, Neighbours neighbours, Sizes sizes) {
        segment = new TcpSegment(packet);
        this.writer = writer;
        this.reach = reach;
        this.selector = selector;
        this.neighbours = neighbours;
        this.pool = sizes.pool();
        this.mtu = sizes.mtu();
    }

    /// How much there is room for.
    /// @param mtu the guest's
    /// @param pool memory for what waits
    record Sizes(int mtu, BufferPool pool) {}

    /// Whether the guest cuts long segments itself, by family.
    void longSegments(boolean ipv4, boolean ipv6) {
        longSegments4 = ipv4;
        longSegments6 = ipv6;
    }

    boolean longSegments(boolean ipv6) {
        return ipv6 ? longSegments6 : longSegments4;
    }

    /// Sets the thread that waits for sockets. Before the first connection.
    void servedBy(Thread selecting) {
        thread = selecting;
    }

    /// Lets the thread that waits for sockets see what has changed; it sees itself what it does itself.
    void wakeUp() {
        if (Thread.currentThread() != thread) {
            selector.wakeup();
        }
    }

    BufferPool pool() {
        return pool;
    }

    /// One connection more, or less, waits for time to pass.
    void waiting(int change) {
        int now = waiting + change; // written under the lock only, read without it
        waiting = now;
    }

    int mtu() {
        return mtu;
    }

    /// After how long to look whether something has to be sent again. Any thread.
    long patienceMillis() {
        return waiting > 0 ? SHORT_MILLIS : open > 0 ? LONG_MILLIS : NONE_MILLIS;
    }

    /// Opens a forwarded port.
    void listen(Forward forward) {
        try {
            ServerSocketChannel server = ServerSocketChannel.open();
            Listener listener = new Listener(server, forward);
            server.register(configured(server), SelectionKey.OP_ACCEPT, listener);
            listeners.add(listener);
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

    /// The packet is a segment of the guest.
    boolean fromGuest() {
        IpPacket packet = segment.packet();
        if (!segment.read() || !Subnet.isGuest(packet.fromHigh(), packet.fromLow())) {
            return false;
        }
        wanted.guest(packet.fromHigh(), packet.fromLow(), packet.u16(0)).peer(packet.toHigh(), packet.toLow(), packet.u16(2));
        TcpConnection connection = byFlow.get(wanted);
        if (connection != null) {
            connection.fromGuest(segment);
        } else if (segment.has(SYN) && !segment.has(ACK) && !segment.has(RST)) {
            open(new Flow(wanted));
        } else if (!segment.has(RST)) {
            refuse(wanted);
        }
        return true;
    }

    private void open(Flow flow) {
        InetSocketAddress to = reach.destination(flow.high(), flow.low(), flow.port());
        if (to == null || list.size() >= MOST_CONNECTIONS) {
            refuse(flow);
            return;
        }
        if (closing >= MOST_CLOSING) {
            selector.wakeup();
            return; // the guest asks again after a second
        }
        SocketChannel channel = null;
        TcpConnection connection = null;
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true); // the guest has done that already, or not, as it likes
            connection = add(flow, channel, SelectionKey.OP_CONNECT);
            connection.guestOpens(segment, channel.connect(to));
            selector.wakeup();
        } catch (IOException | RuntimeException e) { // unresolved or unsupported addresses come as unchecked exceptions
            LOG.debug("network user: connection to {} refused: {}", to, e.getMessage());
            if (connection != null) {
                connection.close();
            }
            close(channel);
            refuse(flow);
        }
    }

    private TcpConnection add(Flow flow, SocketChannel channel, int operations) throws IOException {
        TcpConnection connection = new TcpConnection(this, writer, flow, channel);
        connection.key(channel.register(selector, operations, connection));
        byFlow.put(flow, connection);
        connection.index = list.size();
        list.add(connection);
        open = list.size();
        return connection;
    }

    /// A connection from the host to a forwarded port.
    private void accept(SocketChannel channel, Forward forward) throws IOException {
        boolean ipv6 = forward.guestHigh() != 0;
        long guestLow = forward.guestLow() == 0 ? neighbours.guestLow() : forward.guestLow();
        for (int tries = 0; tries < PORTS && list.size() < MOST_CONNECTIONS && guestLow != 0; tries++) {
            wanted.guest(forward.guestHigh(), guestLow, forward.guestPort());
            int port = FIRST_PORT + nextPort++ % PORTS;
            wanted.peer(ipv6 ? Subnet.PREFIX : 0, ipv6 ? Subnet.GATEWAY_LOW : Subnet.mapped(Subnet.GATEWAY), port);
            if (!byFlow.containsKey(wanted)) {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                add(new Flow(wanted), channel, 0).hostOpens();
                return;
            }
        }
        close(channel);
    }

    /// Answers a segment that belongs to nothing (RFC 9293, 3.5.2 "Reset Generation").
    private void refuse(Flow flow) {
        if (writer.begin(flow)) {
            int sequence = segment.has(ACK) ? segment.acknowledgment() : 0;
            TcpSegment.header(writer, flow, sequence, segment.nextSequence(), RST | ACK, HEADER_BYTES);
            TcpSegment.window(writer, 0);
            writer.finishTcp(HEADER_BYTES, 0, 1);
        }
    }

    void remove(TcpConnection connection) {
        if (byFlow.remove(connection.flow(), connection)) {
            TcpConnection last = list.removeLast();
            if (last != connection) {
                list.set(connection.index, last);
                last.index = connection.index;
            }
            open = list.size();
            closing++;
        }
    }

    /// The network's thread has looked at the sockets: those that were closed before are gone, or are when it looks again, at once.
    void looked() {
        closing = 0;
    }

    /// Sends what the full ring kept back.
    void pump() {
        for (int i = 0; i < list.size(); i++) {
            list.get(i).pump();
        }
    }

    void tick(long now) {
        for (int i = list.size() - 1; i >= 0; i--) { // one that ends is replaced by the last, which was looked at
            list.get(i).tick(now);
        }
        for (int i = 0; i < listeners.size(); i++) {
            listeners.get(i).resume();
        }
    }

    void close() {
        while (!list.isEmpty()) {
            list.getLast().close();
        }
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
    /// @param forward where it leads
    private final class Listener implements HostTask {
        private final ServerSocketChannel server;
        private final Forward forward;
        private @Nullable SelectionKey paused;

        Listener(ServerSocketChannel server, Forward forward) {
            this.server = server;
            this.forward = forward;
        }

        @Override
        public void ready(SelectionKey key) {
            try {
                for (int i = 0; i < MOST_AT_ONCE; i++) {
                    SocketChannel channel = server.accept();
                    if (channel == null) {
                        return;
                    }
                    admit(channel);
                }
            } catch (IOException e) { // descriptors have run out: the connection waits, and so does this thread
                LOG.debug("network user: a connection to a forwarded port waits: {}", e.getMessage());
                key.interestOps(0);
                paused = key;
            }
        }

        /// Tries again what could not be accepted.
        void resume() {
            if (paused != null && paused.isValid()) {
                paused.interestOps(SelectionKey.OP_ACCEPT);
            }
            paused = null;
        }

        private void admit(SocketChannel channel) throws IOException {
            try {
                accept(channel, forward);
            } catch (IOException e) {
                close(channel);
                throw e;
            }
        }

        @Override
        public void fail() {
            LOG.warn("network user: a forwarded port is closed");
        }
    }
}
