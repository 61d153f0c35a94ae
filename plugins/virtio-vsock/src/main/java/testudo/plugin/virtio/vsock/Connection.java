package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// One connection: its socket, what of the guest's data the socket has not taken, and the credit of both sides
/// (VIRTIO 1.3, 5.10.6.3 "Buffer Space Management"). Owned by the device's loop.
final class Connection {
    /// What a guest may have under way.
    static final int ROOM_BYTES = 64 << 10;

    enum State {
        /// A client of the host has not said which port it wants.
        GREETING,
        /// The guest has not answered.
        REQUESTED,
        /// Data flows.
        OPEN
    }

    final LocalSocket socket;
    State state;
    int hostPort;
    int guestPort;
    @Nullable Connection next;
    boolean queued;
    boolean dead;
    boolean ended;
    boolean hungUp;
    boolean creditAsked;
    int guestShutdown;
    /// Operations due, one bit each.
    int due;
    int sent;
    int forwarded;
    int forwardedTold;
    int backlogBytes;
    @Nullable MemorySegment backlog;
    private int backlogStart;
    private int peerRoom;
    private int peerForwarded;
    private int interest;
    private EventLoop.@Nullable Watch watch;
    private final StringBuilder greeting = new StringBuilder();

    Connection(LocalSocket socket, State state) {
        this.socket = socket;
        this.state = state;
    }

    void watch(EventLoop.Watch by) {
        watch = by;
    }

    void credit(Packet from) {
        peerRoom = from.roomBytes();
        peerForwarded = from.forwardedBytes();
        creditAsked = false;
    }

    /// What the guest has room for. A guest whose counters make no sense has none.
    long creditBytes() {
        long underWay = Integer.toUnsignedLong(sent - peerForwarded);
        return Math.max(0, Integer.toUnsignedLong(peerRoom) - underWay);
    }

    boolean wantsData() {
        return state == State.OPEN && !ended && (guestShutdown & Packet.NO_RECEIVE) == 0;
    }

    void updateInterest(boolean active) {
        EventLoop.Watch own = watch;
        if (own == null) {
            return;
        }
        int wanted = 0;
        if (active) {
            boolean reads = state == State.GREETING || wantsData() && !queued && creditBytes() > 0;
            wanted = (reads ? Poller.READABLE : 0) | (backlogBytes > 0 ? Poller.WRITABLE : 0);
        }
        if (wanted != interest) {
            interest = wanted;
            own.interest(wanted);
        }
    }

    void unwatch() {
        EventLoop.Watch own = watch;
        if (own != null) {
            own.cancel();
            watch = null;
        }
    }

    /// Keeps what the socket did not take; the caller has checked that there is room.
    void keep(MemorySegment from, long offset, int lengthBytes, MemorySegment to) {
        int end = (backlogStart + backlogBytes) % ROOM_BYTES;
        int first = Math.min(lengthBytes, ROOM_BYTES - end);
        MemorySegment.copy(from, offset, to, end, first);
        MemorySegment.copy(from, offset + first, to, 0, lengthBytes - first);
        backlogBytes += lengthBytes;
    }

    /// Gives the socket what was kept.
    /// @return false when the socket is broken
    boolean flush() {
        MemorySegment kept = backlog;
        while (kept != null && backlogBytes > 0) {
            long step = socket.send(kept, backlogStart, Math.min(backlogBytes, ROOM_BYTES - backlogStart));
            if (step <= 0) {
                return step == LocalSocket.AGAIN;
            }
            backlogStart = (int) ((backlogStart + step) % ROOM_BYTES);
            backlogBytes -= (int) step;
            forwarded += (int) step;
        }
        return true;
    }

    /// Reads `CONNECT port`, a byte at a time, so that nothing behind it is taken.
    /// @return the port, -1 when more must come, -2 when it is none
    long greet(MemorySegment scratch) {
        while (greeting.length() < 24) {
            long got = socket.receive(scratch, 0, 1);
            if (got <= 0) {
                return got == LocalSocket.AGAIN ? -1 : -2;
            }
            char letter = (char) scratch.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0);
            if (letter == '\n') {
                String line = greeting.toString();
                if (!line.matches("CONNECT [0-9]{1,10}")) {
                    return -2;
                }
                long port = Long.parseLong(line.substring(8));
                return port < 0xFFFF_FFFFL ? port : -2;
            }
            greeting.append(letter);
        }
        return -2;
    }
}
