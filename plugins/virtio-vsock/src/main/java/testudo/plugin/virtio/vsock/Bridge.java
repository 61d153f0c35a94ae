package testudo.plugin.virtio.vsock;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import testudo.plugin.virtio.vsock.Connection.State;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// All connections, and what happens to them on the host's side. Owned by the device's loop.
///
/// Whatever it does may leave something for the guest: the device then looks for it.
final class Bridge implements AutoCloseable {
    /// How long a greeting, the guest's answer to a request, room in a listener's queue, or the guest's last word may take.
    static final long HALF_OPEN_NANOS = 10_000_000_000L;
    /// How long a socket may take for what a guest sent before it closed the connection.
    static final long LINGER_NANOS = 60_000_000_000L;
    /// Ports of the host's clients start here, above those that programs choose.
    private static final int FIRST_PORT = 0x4000_0000;

    private final HostSockets sockets;
    private final HostEvents events;
    private final EventLoop loop;
    private final Path path;
    private final Runnable changed;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment scratch = arena.allocate(Rooms.BYTES + 1L);
    private final Rooms rooms = new Rooms(arena);
    private final Connections connections = new Connections();
    private final Resets resets = new Resets();
    /// Those that the guest does not know yet, or no more.
    private final Set<Connection> unnamed = new LinkedHashSet<>();
    private final Deadlines deadlines;
    private final Clients clients;
    private int count;
    private int nextPort = FIRST_PORT;
    private boolean active;

    /// Listens for clients of the host.
    /// @param changed told that there may be something for the guest
    /// @throws VmmException.Host when the sockets can't be made
    Bridge(Path path, HostSockets sockets, HostEvents events, EventLoop loop, Runnable changed) {
        this.path = path;
        this.sockets = sockets;
        this.events = events;
        this.loop = loop;
        this.changed = changed;
        try {
            clients = new Clients(path, sockets, loop, this::accepted, this::exhausted);
        } catch (VmmException failure) {
            arena.close();
            throw failure;
        }
        deadlines = new Deadlines(events, loop, this::sweep);
    }

    Connections connections() {
        return connections;
    }

    Resets resets() {
        return resets;
    }

    /// For data on its way, one byte longer than the longest message. Undefined between calls.
    MemorySegment scratch() {
        return scratch;
    }

    void start() {
        active = true;
        updateAll();
        if (count > 0) {
            deadlines.within(0);
        }
    }

    /// Leaves everything as it is until [#start()].
    void pause() {
        active = false;
        deadlines.stop();
        updateAll();
    }

    private void updateAll() {
        unnamed.forEach(this::update);
        connections.all().forEach(this::update);
        welcome();
    }

    void update(Connection connection) {
        connection.updateInterest(active);
    }

    /// Clients are welcome as long as there is room for connections and resets.
    void welcome() {
        clients.welcome(active && count < Connections.MOST && !resets.many());
    }

    private void exhausted() {
        deadlines.within(Deadlines.PERIOD_NANOS);
    }

    private boolean accepted(LocalSocket socket, Kind kind) {
        Connection connection = new Connection(kind == Kind.STREAM ? Packet.STREAM : Packet.SEQPACKET, State.GREETING, rooms);
        count++;
        unnamed.add(connection);
        limit(connection, HALF_OPEN_NANOS);
        Greeting greeting = new Greeting();
        connection.attach(socket, loop, ready -> ready(connection, greeting, ready));
        update(connection);
        welcome();
        return count < Connections.MOST;
    }

    /// The guest wants a connection to a port of the host.
    void request(int hostPort, int guestPort, Packet packet) {
        if (count >= Connections.MOST) {
            resets.add(hostPort, guestPort, packet.type());
            return;
        }
        Connection connection = new Connection(packet.type(), State.CONNECTING, rooms);
        connection.name(hostPort, guestPort);
        connection.credit.guestSays(packet.roomBytes(), packet.forwardedBytes());
        count++;
        connections.add(connection);
        limit(connection, HALF_OPEN_NANOS);
        connect(connection);
        welcome();
    }

    private void connect(Connection connection) {
        Path to = Path.of(path + "_" + Integer.toUnsignedString(connection.hostPort()));
        Optional<LocalSocket> socket;
        try {
            socket = sockets.tryConnect(to, connection.messages() ? Kind.SEQPACKET : Kind.STREAM);
        } catch (VmmException.Host _) {
            abort(connection); // nobody listens, or not for this kind: the guest sees a refused connection
            return;
        }
        if (socket.isEmpty()) {
            deadlines.within(Deadlines.RETRY_NANOS);
            return;
        }
        connection.attach(socket.get(), loop, ready -> ready(connection, null, ready));
        connection.state = State.OPEN;
        unlimit(connection);
        connection.makeDue(Packet.RESPONSE);
        connections.enqueue(connection);
        update(connection);
    }

    /// The guest has accepted the connection of a client.
    void established(Connection connection) {
        connection.state = State.OPEN;
        unlimit(connection);
        if (!Greeting.answer(connection.socket(), connection.hostPort(), scratch)) {
            connection.deafen();
        }
        if (connection.isDue()) {
            connections.enqueue(connection);
        }
    }

    private void ready(Connection connection, @Nullable Greeting greeting, int ready) {
        if (connection.state == State.GREETING && greeting != null) {
            greet(connection, greeting);
        } else {
            serve(connection, ready);
        }
        if (connection.state != State.ENDED) {
            update(connection);
        }
        changed.run();
    }

    private void greet(Connection connection, Greeting greeting) {
        long port = greeting.read(connection.socket(), connection.messages(), scratch);
        if (port == Greeting.MORE) {
            return;
        }
        unnamed.remove(connection);
        if (port == Greeting.WRONG) {
            release(connection);
            return;
        }
        do {
            connection.name(nextPort, (int) port);
            nextPort = nextPort == Integer.MAX_VALUE ? FIRST_PORT : nextPort + 1;
        } while (connections.find(connection.hostPort(), connection.guestPort()) != null);
        connection.state = State.REQUESTED;
        limit(connection, HALF_OPEN_NANOS);
        connection.makeDue(Packet.REQUEST);
        connections.add(connection);
        connections.enqueue(connection);
    }

    private void serve(Connection connection, int ready) {
        connection.flush(scratch);
        boolean hangUp = (ready & Poller.HANG_UP) != 0;
        if (connection.state == State.LINGERING) {
            if (hangUp || !connection.waitsForSocket()) {
                unnamed.remove(connection);
                release(connection);
            }
            return;
        }
        if (hangUp) {
            connection.hangUp();
        }
        if (connection.isDue() || connection.hasDataUnseen() || (connection.guestListens() && (ready & Poller.READABLE) != 0)) {
            connections.enqueue(connection);
        }
    }

    /// Ends a connection that the guest has closed in both directions: it hears so at once, what it sent before still reaches the host.
    void finish(Connection connection) {
        resets.add(connection.hostPort(), connection.guestPort(), connection.type);
        connections.remove(connection);
        if (connection.waitsForSocket()) {
            connection.state = State.LINGERING;
            unnamed.add(connection);
            limit(connection, LINGER_NANOS);
            update(connection);
        } else {
            release(connection);
        }
    }

    /// Ends a connection and tells the guest.
    void abort(Connection connection) {
        resets.add(connection.hostPort(), connection.guestPort(), connection.type);
        drop(connection);
    }

    /// Ends a connection that the guest knows to be over.
    void drop(Connection connection) {
        connections.remove(connection);
        release(connection);
    }

    private void release(Connection connection) {
        connection.close();
        count--;
        welcome();
    }

    void limit(Connection connection, long nanos) {
        connection.deadlineNanos = events.monotonicNanos() + nanos;
        if (active) {
            deadlines.within(Deadlines.PERIOD_NANOS);
        }
    }

    private static void unlimit(Connection connection) {
        connection.deadlineNanos = Long.MAX_VALUE;
    }

    /// Ends what has waited too long, and tries again to connect to full listeners.
    /// @return when to call this again, nanoseconds; 0 when nothing waits
    private long sweep() {
        long now = events.monotonicNanos();
        long next = 0;
        for (Connection connection : List.copyOf(unnamed)) {
            if (connection.deadlineNanos <= now) {
                unnamed.remove(connection);
                release(connection);
            } else {
                next = Deadlines.PERIOD_NANOS;
            }
        }
        for (Connection connection : connections.all()) {
            if (connection.deadlineNanos <= now) {
                abort(connection);
            } else if (connection.state == State.CONNECTING) {
                connect(connection);
                next = Deadlines.RETRY_NANOS;
            } else if (connection.deadlineNanos != Long.MAX_VALUE && next == 0) {
                next = Deadlines.PERIOD_NANOS;
            }
        }
        welcome();
        changed.run();
        return next;
    }

    /// Ends all connections without a word.
    void reset() {
        pause();
        unnamed.forEach(this::release);
        unnamed.clear();
        connections.all().forEach(this::drop);
        resets.clear();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            reset();
            clients.close();
            deadlines.close();
            arena.close();
        }
    }
}
