package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.LocalSocket.Direction;
import testudo.spi.host.Poller;

/// One connection: its socket on the host, what waits on the way, and what the guest must be told. Owned by the device's loop.
final class Connection {
    /// How far it has come.
    enum State {
        /// A client of the host has not said which port it wants.
        GREETING,
        /// The guest wants it; the host's listener has no room for it yet.
        CONNECTING,
        /// The guest has not answered.
        REQUESTED,
        /// Data flows.
        OPEN,
        /// The guest is done with it; the socket has not taken everything.
        LINGERING,
        /// Its socket is closed.
        ENDED
    }

    final int type;
    final Credit credit = new Credit();
    State state;
    /// When it ends by itself; [Long#MAX_VALUE] for never.
    long deadlineNanos = Long.MAX_VALUE;
    @Nullable Connection nextInBucket;
    @Nullable Connection next;
    @Nullable Connection previous;
    boolean queued;

    private final Backlog backlog;
    private final Rooms rooms;
    private @Nullable LocalSocket socket;
    private EventLoop.@Nullable Watch watch;
    private int interest;
    private int hostPort;
    private int guestPort;
    /// Operations that the guest must hear of, one bit each.
    private int due;
    private int guestShutdown;
    private int hostShutdown;
    private boolean hungUp;
    /// The rest of a message of the host that did not fit into a packet.
    private Rooms.@Nullable Room message;
    private int messageOffset;
    private int messageEnd;

    Connection(int type, State state, Rooms rooms) {
        this.type = type;
        this.state = state;
        this.rooms = rooms;
        backlog = new Backlog(rooms, type == Packet.SEQPACKET);
    }

    void name(int newHostPort, int newGuestPort) {
        hostPort = newHostPort;
        guestPort = newGuestPort;
    }

    int hostPort() {
        return hostPort;
    }

    int guestPort() {
        return guestPort;
    }

    boolean messages() {
        return type == Packet.SEQPACKET;
    }

    /// Gives it its socket, which is closed with it.
    void attach(LocalSocket to, EventLoop loop, EventLoop.ReadyHandler handler) {
        socket = to;
        interest = 0;
        watch = loop.watch(to, 0, handler);
    }

    LocalSocket socket() {
        LocalSocket own = socket;
        if (own == null) {
            throw new IllegalStateException("a connection without a socket");
        }
        return own;
    }

    /// Whether anything of the host may still be given to the guest.
    boolean guestListens() {
        return state == State.OPEN && (hostShutdown & Packet.NO_SEND) == 0 && (guestShutdown & Packet.NO_RECEIVE) == 0;
    }

    boolean guestMaySend() {
        return state == State.OPEN && (guestShutdown & Packet.NO_SEND) == 0;
    }

    boolean guestIsDone() {
        return guestShutdown == Packet.NEITHER;
    }

    boolean hostIsDone() {
        return hostShutdown == Packet.NEITHER;
    }

    /// Whether the poller will not say that there is data: the socket has hung up, or it is here already.
    boolean hasDataUnseen() {
        return guestListens() && (hungUp || message != null) && credit.availableBytes() > 0;
    }

    /// Waits for what is useful now.
    void updateInterest(boolean active) {
        EventLoop.Watch own = watch;
        if (own == null) {
            return;
        }
        int wanted = 0;
        if (active) {
            boolean reads = state == State.GREETING
                    || (guestListens() && !queued && message == null && credit.availableBytes() > 0);
            wanted = (reads ? Poller.READABLE : 0) | (backlog.waitsForSocket() ? Poller.WRITABLE : 0);
        }
        if (wanted != interest) {
            interest = wanted;
            own.interest(wanted);
        }
    }

    /// The host's program has closed its end. What it sent before can still be read; a poller would report this for ever.
    void hangUp() {
        hungUp = true;
        deafen();
        unwatch();
    }

    /// The host's program takes nothing any more: what the guest sends is lost, and the guest is told.
    void deafen() {
        credit.forwarded(backlog.clear());
        shutdownByHost(Packet.NO_RECEIVE);
    }

    /// The host's program sends nothing any more.
    void endOfData() {
        shutdownByHost(Packet.NO_SEND);
    }

    private void shutdownByHost(int directions) {
        if ((hostShutdown & directions) != directions) {
            hostShutdown |= directions;
            makeDue(Packet.SHUTDOWN);
        }
    }

    int hostShutdown() {
        return hostShutdown;
    }

    /// The guest ends directions; those of the socket end as soon as it has what was sent before.
    void shutdownByGuest(int directions) {
        int fresh = directions & ~guestShutdown & Packet.NEITHER;
        guestShutdown |= fresh;
        if ((fresh & Packet.NO_RECEIVE) != 0) {
            dropMessage();
            socket().shutdown(Direction.RECEIVE);
        }
        if ((fresh & Packet.NO_SEND) != 0 && !backlog.waitsForSocket()) {
            socket().shutdown(Direction.SEND);
        }
    }

    /// Gives the socket what the guest has sent.
    /// @param data from offset 0; its content is undefined afterwards
    void deliver(MemorySegment data, int lengthBytes, boolean endOfMessage) {
        if ((hostShutdown & Packet.NO_RECEIVE) != 0) {
            credit.forwarded(lengthBytes);
        } else {
            account(backlog.put(socket(), data, lengthBytes, endOfMessage));
        }
    }

    /// Gives the socket what it did not take before.
    /// @param scratch at least [Rooms#BYTES] long
    void flush(MemorySegment scratch) {
        if (backlog.waitsForSocket()) {
            account(backlog.flush(socket(), scratch));
            if (!backlog.waitsForSocket() && (guestShutdown & Packet.NO_SEND) != 0) {
                socket().shutdown(Direction.SEND);
            }
        }
    }

    private void account(int taken) {
        if (taken == Backlog.BROKEN) {
            deafen();
        } else {
            credit.forwarded(taken);
        }
        if (credit.tellDue()) {
            makeDue(Packet.CREDIT_UPDATE);
        }
    }

    /// Whether the socket could take something if it were ready.
    boolean waitsForSocket() {
        return backlog.waitsForSocket();
    }

    void makeDue(int operation) {
        due |= 1 << operation;
    }

    /// Whether the guest must be told something; before it has answered, it hears nothing but the request.
    boolean isDue() {
        return (state == State.REQUESTED ? due & (1 << Packet.REQUEST) : due) != 0;
    }

    /// Takes the operation of the lowest number that is due: a request or an answer comes before all others.
    int takeDue() {
        int operation = Integer.numberOfTrailingZeros(due);
        due &= due - 1;
        return operation;
    }

    /// Keeps the rest of a message.
    void keepMessage(MemorySegment from, int offset, int lengthBytes) {
        Rooms.Room room = rooms.take();
        MemorySegment.copy(from, offset, room.bytes(), 0, lengthBytes);
        message = room;
        messageOffset = 0;
        messageEnd = lengthBytes;
    }

    /// How much of a message is left.
    int messageBytes() {
        return message == null ? 0 : messageEnd - messageOffset;
    }

    /// Takes bytes of it.
    /// @param lengthBytes at most [#messageBytes()]
    void takeMessage(MemorySegment to, int lengthBytes) {
        Rooms.Room room = message;
        if (room != null) {
            MemorySegment.copy(room.bytes(), messageOffset, to, 0, lengthBytes);
            messageOffset += lengthBytes;
            if (messageOffset == messageEnd) {
                dropMessage();
            }
        }
    }

    private void dropMessage() {
        Rooms.Room room = message;
        if (room != null) {
            rooms.giveBack(room);
            message = null;
        }
    }

    private void unwatch() {
        EventLoop.Watch own = watch;
        if (own != null) {
            own.cancel();
            watch = null;
        }
    }

    void close() {
        state = State.ENDED;
        unwatch();
        LocalSocket own = socket;
        if (own != null) {
            own.close();
        }
        backlog.clear();
        dropMessage();
    }
}
