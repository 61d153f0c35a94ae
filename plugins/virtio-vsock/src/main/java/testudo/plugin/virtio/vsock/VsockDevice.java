package testudo.plugin.virtio.vsock;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;
import testudo.spi.virtio.Virtqueue;

/// The socket device (VIRTIO 1.3, 5.10 "Socket Device") for stream sockets, bridged to Unix sockets.
final class VsockDevice implements VirtioDevice, Snapshottable {
    static final VirtioType TYPE = new VirtioType("vsock", 19, 0x0280, 3);
    static final int RECEIVE = 0;
    static final int TRANSMIT = 1;
    static final int EVENTS = 2;
    private static final int QUEUE_SIZE = 256;
    private static final int CONFIG_BYTES = 8;
    private static final int STATE_VERSION = 1;
    private static final long FEATURE_STREAM = 1;
    private static final int FIRST_PORT = 0x4000_0000;
    private static final int MOST_REFUSALS = 256;

    private final long cid;
    private final Path path;
    private final HostSockets sockets;
    private final EventLoop loop;
    private final LocalListener listener;
    private final EventLoop.Watch listening;
    private final Arena arena = Arena.ofShared();
    private final Packet packet = new Packet(arena.allocate(Packet.HEADER_BYTES, 8));
    private final MemorySegment scratch = arena.allocate(Connection.ROOM_BYTES);
    private final MemorySegment event = arena.allocate(4);
    private final Connections connections = new Connections();
    private final List<Connection> greeting = new ArrayList<>();
    private final ArrayDeque<MemorySegment> spare = new ArrayDeque<>();
    /// Resets to send: ports in the upper and lower half, and the type.
    private final long[] refusals = new long[MOST_REFUSALS + Connections.MOST];
    private final int[] refusalTypes = new int[refusals.length];
    private int refusalHead;
    private int refusalCount;
    private final DescriptorChain outgoing = new DescriptorChain();
    private final DescriptorChain incoming = new DescriptorChain();
    private final DescriptorChain eventChain = new DescriptorChain();
    private final Runnable transmitAgain = this::transmit;
    private final Runnable receiveAgain = this::receive;
    private boolean holding;
    private boolean resetDue;
    private int count;
    private int nextPort = FIRST_PORT;
    private @Nullable VirtioActivation activation;

    VsockDevice(long cid, Path path, HostSockets sockets, EventLoop loop) {
        this.cid = cid;
        this.path = path;
        this.sockets = sockets;
        this.loop = loop;
        listener = sockets.listen(path, HostSockets.Kind.STREAM);
        listening = loop.watch(listener, 0, ready -> accept());
    }

    @Override
    public VirtioTraits traits() {
        return new VirtioTraits(TYPE.typeId(), TYPE.name(), FEATURE_STREAM, List.of(QUEUE_SIZE, QUEUE_SIZE, QUEUE_SIZE), CONFIG_BYTES,
                TYPE.pciClass(), 1, false);
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        long value = cid >>> (offset * Byte.SIZE);
        return sizeBytes == Long.BYTES ? value : value & ((1L << (sizeBytes * Byte.SIZE)) - 1);
    }

    @Override
    public void activate(VirtioActivation with) {
        activation = with;
        listening.interest(Poller.READABLE);
        greeting.forEach(connection -> connection.updateInterest(true));
        connections.each(connection -> connection.updateInterest(true));
    }

    @Override
    public void onKick(int queue) {
        switch (queue) {
            case RECEIVE -> receive();
            case TRANSMIT -> transmit();
            default -> announce();
        }
    }

    private @Nullable Virtqueue queue(int index) {
        VirtioActivation active = activation;
        if (active == null || !active.queue(index).enabled()) {
            return null;
        }
        return active.queue(index);
    }

    /// Tells a driver that was restored that its connections are gone (5.10.6.7 "Device Events").
    private void announce() {
        Virtqueue to = queue(EVENTS);
        if (to != null && resetDue && to.next(eventChain)) {
            resetDue = false;
            to.complete(eventChain, eventChain.writable().write(event, 0, event.byteSize()));
        }
    }

    private void transmit() {
        Virtqueue from = queue(TRANSMIT);
        if (from == null) {
            return;
        }
        for (int served = 0; served < from.size(); served++) {
            if (refusalCount >= MOST_REFUSALS) {
                receive();
                if (refusalCount >= MOST_REFUSALS) {
                    return; // goes on when the guest has taken some
                }
            }
            if (!from.next(outgoing)) {
                receive();
                return;
            }
            boolean whole = outgoing.readable().read(packet.bytes, 0, Packet.HEADER_BYTES) == Packet.HEADER_BYTES;
            if (whole && packet.sourceCid() == cid && packet.targetCid() == Packet.HOST_CID) {
                take();
            }
            from.complete(outgoing, 0);
        }
        receive();
        loop.execute(transmitAgain);
    }

    private void take() {
        int hostPort = packet.targetPort();
        int guestPort = packet.sourcePort();
        int operation = packet.operation();
        Connection connection = connections.find(hostPort, guestPort);
        if (operation == Packet.RESET) {
            if (connection != null) {
                drop(connection);
            }
        } else if (packet.type() != Packet.STREAM) {
            refuse(hostPort, guestPort, packet.type());
        } else if (connection == null) {
            if (operation == Packet.REQUEST) {
                open(hostPort, guestPort);
            } else {
                refuse(hostPort, guestPort, Packet.STREAM);
            }
        } else {
            connection.credit(packet);
            if (follow(connection, operation)) {
                if (connection.hungUp && !connection.ended) {
                    connections.enqueue(connection);
                }
                connection.updateInterest(true);
            } else {
                abort(connection);
            }
        }
    }

    /// @return false when the connection must be reset
    private boolean follow(Connection connection, int operation) {
        boolean open = connection.state == Connection.State.OPEN;
        switch (operation) {
            case Packet.RESPONSE -> {
                return connection.state == Connection.State.REQUESTED && established(connection);
            }
            case Packet.DATA -> {
                return open && (connection.guestShutdown & Packet.NO_SEND) == 0 && deliver(connection);
            }
            case Packet.SHUTDOWN -> {
                connection.guestShutdown |= packet.flags() & (Packet.NO_RECEIVE | Packet.NO_SEND);
                boolean both = connection.guestShutdown == (Packet.NO_RECEIVE | Packet.NO_SEND);
                return open && !(both && connection.backlogBytes == 0);
            }
            case Packet.CREDIT_UPDATE -> {
                return open;
            }
            case Packet.CREDIT_REQUEST -> {
                connection.due |= 1 << Packet.CREDIT_UPDATE;
                connections.enqueue(connection);
                return open;
            }
            default -> {
                return false;
            }
        }
    }

    private boolean established(Connection connection) {
        byte[] answer = ("OK " + Integer.toUnsignedString(connection.hostPort) + "\n").getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(answer, 0, scratch, ValueLayout.JAVA_BYTE, 0, answer.length);
        connection.state = Connection.State.OPEN;
        return connection.hungUp || connection.socket.send(scratch, 0, answer.length) == answer.length;
    }

    private boolean deliver(Connection connection) {
        long lengthBytes = packet.lengthBytes();
        if (lengthBytes > outgoing.readable().remainingBytes() || lengthBytes > Connection.ROOM_BYTES - connection.backlogBytes) {
            return false; // longer than its buffers, or than the credit it was given
        }
        int length = (int) lengthBytes;
        outgoing.readable().read(scratch, 0, length);
        int done = 0;
        if (connection.backlogBytes == 0 && length > 0) {
            long step = connection.socket.send(scratch, 0, length);
            if (step < 0 && step != LocalSocket.AGAIN) {
                return false;
            }
            done = (int) Math.max(step, 0);
            connection.forwarded += done;
        }
        if (done < length) {
            MemorySegment room = connection.backlog;
            if (room == null) {
                room = spare.isEmpty() ? arena.allocate(Connection.ROOM_BYTES) : spare.pop();
                connection.backlog = room;
            }
            connection.keep(scratch, done, length - done, room);
        }
        offerCredit(connection);
        return true;
    }

    private void offerCredit(Connection connection) {
        if (connection.forwarded - connection.forwardedTold >= Connection.ROOM_BYTES / 2) {
            connection.due |= 1 << Packet.CREDIT_UPDATE;
            connections.enqueue(connection);
        }
    }

    private void open(int hostPort, int guestPort) {
        if (count >= Connections.MOST) {
            refuse(hostPort, guestPort, Packet.STREAM);
            return;
        }
        LocalSocket socket;
        try {
            socket = sockets.connect(Path.of(path + "_" + Integer.toUnsignedString(hostPort)), HostSockets.Kind.STREAM);
        } catch (VmmException.Host _) {
            refuse(hostPort, guestPort, Packet.STREAM); // nobody listens: what the guest sees is a refused connection
            return;
        }
        Connection connection = new Connection(socket, Connection.State.OPEN);
        connection.hostPort = hostPort;
        connection.guestPort = guestPort;
        connection.credit(packet);
        connection.due = 1 << Packet.RESPONSE;
        begin(connection);
        connections.add(connection);
        connections.enqueue(connection);
    }

    private void begin(Connection connection) {
        count++;
        connection.watch(loop.watch(connection.socket, 0, ready -> ready(connection, ready)));
        connection.updateInterest(activation != null);
    }

    private void accept() {
        while (activation != null) {
            if (count >= Connections.MOST || refusalCount >= MOST_REFUSALS) {
                listening.interest(0); // until a connection ends; clients wait in the backlog
                return;
            }
            Optional<LocalSocket> socket;
            try {
                socket = listener.accept();
            } catch (VmmException.Host _) {
                listening.interest(0); // no descriptors left: again when a connection ends
                return;
            }
            if (socket.isEmpty()) {
                return;
            }
            Connection connection = new Connection(socket.get(), Connection.State.GREETING);
            greeting.add(connection);
            begin(connection);
        }
    }

    private void ready(Connection connection, int ready) {
        if (connection.dead) {
            return;
        }
        if (connection.state == Connection.State.GREETING) {
            greet(connection);
        } else {
            if (!connection.flush()) {
                abort(connection);
                receive();
                return;
            }
            offerCredit(connection);
            if (connection.backlogBytes == 0 && connection.guestShutdown == (Packet.NO_RECEIVE | Packet.NO_SEND)) {
                abort(connection); // the answer to a shutdown of both directions is a reset
            } else if ((ready & Poller.HANG_UP) != 0) {
                connection.unwatch(); // it would be reported for ever; what is left is read as the guest gives credit
                connection.hungUp = true;
                connection.backlogBytes = 0;
                connection.due |= connection.ended ? 1 << Packet.SHUTDOWN : 0;
                connections.enqueue(connection);
            } else if ((ready & Poller.READABLE) != 0) {
                connections.enqueue(connection);
            }
        }
        if (!connection.dead) {
            connection.updateInterest(activation != null);
        }
        receive();
    }

    private void greet(Connection connection) {
        long port = connection.greet(scratch);
        if (port == -1) {
            return;
        }
        greeting.remove(connection);
        if (port < 0) {
            release(connection);
            return;
        }
        connection.guestPort = (int) port;
        do {
            connection.hostPort = nextPort;
            nextPort = nextPort == Integer.MAX_VALUE ? FIRST_PORT : nextPort + 1;
        } while (connections.find(connection.hostPort, connection.guestPort) != null);
        connection.state = Connection.State.REQUESTED;
        connection.due = 1 << Packet.REQUEST;
        connections.add(connection);
        connections.enqueue(connection);
    }

    private void refuse(int hostPort, int guestPort, int type) {
        int at = (refusalHead + refusalCount) % refusals.length;
        refusals[at] = (long) hostPort << 32 | Integer.toUnsignedLong(guestPort);
        refusalTypes[at] = type;
        refusalCount++;
    }

    private void abort(Connection connection) {
        refuse(connection.hostPort, connection.guestPort, Packet.STREAM);
        drop(connection);
    }

    private void drop(Connection connection) {
        connections.remove(connection);
        release(connection);
    }

    private void release(Connection connection) {
        connection.dead = true;
        connection.unwatch();
        connection.socket.close();
        MemorySegment room = connection.backlog;
        if (room != null) {
            spare.push(room);
            connection.backlog = null;
        }
        count--;
        if (activation != null) {
            listening.interest(Poller.READABLE);
        }
    }

    /// Gives the guest what waits for it, as far as it has buffers.
    private void receive() {
        Virtqueue to = queue(RECEIVE);
        if (to == null) {
            return;
        }
        boolean full = refusalCount >= MOST_REFUSALS;
        for (int served = 0; served < to.size(); served++) {
            if (refusalCount == 0 && connections.idle()) {
                break;
            }
            if (!holding && !to.next(incoming)) {
                return;
            }
            holding = true;
            long room = incoming.writable().sizeBytes();
            int lengthBytes = room <= Packet.HEADER_BYTES ? 0 : compose(room - Packet.HEADER_BYTES);
            if (lengthBytes < 0) {
                continue; // nothing came of it: the chain is kept for the next
            }
            long written = 0;
            if (room > Packet.HEADER_BYTES) {
                written = incoming.writable().write(packet.bytes, 0, Packet.HEADER_BYTES);
                written += incoming.writable().write(scratch, 0, lengthBytes);
            }
            holding = false;
            to.complete(incoming, written);
        }
        if (refusalCount != 0 || !connections.idle()) {
            loop.execute(receiveAgain);
        }
        if (full && refusalCount < MOST_REFUSALS) {
            listening.interest(Poller.READABLE);
            loop.execute(transmitAgain);
        }
    }

    /// Makes the next packet: its header in the packet, its data in the scratch buffer.
    /// @return bytes of data, -1 when there is no packet
    private int compose(long room) {
        packet.credit(0, 0);
        if (refusalCount > 0) {
            long ports = refusals[refusalHead];
            packet.address(cid, (int) (ports >>> 32), (int) ports);
            packet.content(refusalTypes[refusalHead], Packet.RESET, 0, 0);
            refusalHead = (refusalHead + 1) % refusals.length;
            refusalCount--;
            return 0;
        }
        Connection connection = connections.poll();
        if (connection == null) {
            return -1;
        }
        int lengthBytes = connection.due != 0 ? operation(connection) : data(connection, room);
        if (lengthBytes >= 0) {
            packet.address(cid, connection.hostPort, connection.guestPort);
            packet.credit(Connection.ROOM_BYTES, connection.forwarded);
            connection.forwardedTold = connection.forwarded;
        }
        if (!connection.dead) {
            boolean more = connection.due != 0 || lengthBytes > 0 || connection.hungUp && connection.wantsData()
                    && connection.creditBytes() > 0;
            if (more) {
                connections.enqueue(connection);
            }
            connection.updateInterest(true);
        }
        return lengthBytes;
    }

    private int operation(Connection connection) {
        int operation = Integer.numberOfTrailingZeros(connection.due);
        connection.due &= connection.due - 1;
        int flags = connection.hungUp ? Packet.NO_RECEIVE | Packet.NO_SEND : Packet.NO_SEND;
        packet.content(Packet.STREAM, operation, 0, operation == Packet.SHUTDOWN ? flags : 0);
        return 0;
    }

    private int data(Connection connection, long room) {
        if (!connection.wantsData()) {
            return -1;
        }
        long most = Math.min(Math.min(room, scratch.byteSize()), connection.creditBytes());
        if (most <= 0) {
            if (connection.creditAsked || connection.creditBytes() > 0) {
                return -1;
            }
            connection.creditAsked = true;
            packet.content(Packet.STREAM, Packet.CREDIT_REQUEST, 0, 0);
            return 0;
        }
        long got = connection.socket.receive(scratch, 0, most);
        if (got == LocalSocket.AGAIN) {
            return -1;
        }
        if (got <= 0) {
            connection.ended = true;
            connection.due |= 1 << Packet.SHUTDOWN;
            return -1;
        }
        connection.sent += (int) got;
        packet.content(Packet.STREAM, Packet.DATA, (int) got, 0);
        return (int) got;
    }

    @Override
    public void quiesce() {
        Virtqueue to = queue(RECEIVE);
        if (to != null && holding) {
            to.complete(incoming, 0);
        }
        holding = false;
        incoming.clear();
        activation = null;
        listening.interest(0);
        greeting.forEach(connection -> connection.updateInterest(false));
        connections.each(connection -> connection.updateInterest(false));
    }

    @Override
    public void reset() {
        quiesce();
        greeting.forEach(this::release);
        greeting.clear();
        connections.each(this::drop);
        refusalCount = 0;
        resetDue = false;
    }

    /// Connections end with the machine they were made in: a restored guest is told so.
    @Override
    public byte[] saveState() {
        return new StateWriter(STATE_VERSION).putLong(cid).toBytes();
    }

    @Override
    public void restoreState(byte[] state) {
        StateReader reader = new StateReader("vsock", state, STATE_VERSION);
        reader.getLong(); // the new machine's own address is read again after the reset event
        reader.end();
        resetDue = true;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            reset();
            listening.cancel();
            listener.close();
            arena.close();
        }
    }
}
