package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import testudo.spi.host.LocalSocket;

/// What a guest has sent to a socket of the host that the socket has not taken yet: a ring of bytes, for message sockets with the ends of messages.
///
/// Message sockets are given whole messages only. An empty message is not carried: a reader of the host would take it for the end.
final class Backlog {
    /// The socket takes nothing any more.
    static final int BROKEN = -1;

    private final Rooms rooms;
    private final boolean messages;
    private Rooms.@Nullable Room room;
    private int start;
    private int count;
    /// How many of the bytes belong to whole messages.
    private int whole;

    Backlog(Rooms rooms, boolean messages) {
        this.rooms = rooms;
        this.messages = messages;
    }

    int sizeBytes() {
        return count;
    }

    /// Whether the socket could take something if it were ready.
    boolean waitsForSocket() {
        return messages ? whole > 0 : count > 0;
    }

    /// Gives data to the socket, and keeps what it does not take.
    /// @param data where it is, from offset 0; afterwards its content is undefined
    /// @param lengthBytes at most [Rooms#BYTES] less [#sizeBytes()]
    /// @param ends whether a message ends with it
    /// @return how many bytes the socket has taken, of this or what was kept; or [#BROKEN]
    int put(LocalSocket socket, MemorySegment data, int lengthBytes, boolean ends) {
        int done = 0;
        if (count == 0 && lengthBytes > 0 && (ends || !messages)) {
            long step = socket.send(data, 0, lengthBytes);
            if (step < 0 && step != LocalSocket.AGAIN) {
                return BROKEN;
            }
            done = (int) Math.max(step, 0);
        }
        if (done < lengthBytes) {
            keep(data, done, lengthBytes - done);
        }
        if (messages && ends && count > 0) {
            mark();
            int more = flush(socket, data);
            return more == BROKEN ? BROKEN : done + more;
        }
        return done;
    }

    private void keep(MemorySegment data, int offset, int lengthBytes) {
        Rooms.Room to = room;
        if (to == null) {
            to = rooms.take();
            room = to;
        }
        int end = (start + count) % Rooms.BYTES;
        int first = Math.min(lengthBytes, Rooms.BYTES - end);
        MemorySegment.copy(data, offset, to.bytes(), end, first);
        MemorySegment.copy(data, offset + first, to.bytes(), 0, lengthBytes - first);
        count += lengthBytes;
    }

    private void mark() {
        Rooms.Room to = room;
        if (to != null) {
            to.ends().set((start + count - 1) % Rooms.BYTES);
            whole = count;
        }
    }

    /// Gives the socket what was kept.
    /// @param scratch at least [Rooms#BYTES] long, for a message that wraps around the end of the ring
    /// @return how many bytes it has taken, or [#BROKEN]
    int flush(LocalSocket socket, MemorySegment scratch) {
        int done = 0;
        Rooms.Room from = room;
        while (from != null && waitsForSocket()) {
            int first = messages ? messageBytes(from) : count;
            int contiguous = Math.min(first, Rooms.BYTES - start);
            long step;
            if (messages && contiguous < first) {
                MemorySegment.copy(from.bytes(), start, scratch, 0, contiguous);
                MemorySegment.copy(from.bytes(), 0, scratch, contiguous, first - contiguous);
                step = socket.send(scratch, 0, first);
            } else {
                step = socket.send(from.bytes(), start, contiguous);
            }
            if (step <= 0) {
                return step == LocalSocket.AGAIN ? done : BROKEN;
            }
            drop(from, (int) step);
            done += (int) step;
            from = room;
        }
        return done;
    }

    private int messageBytes(Rooms.Room from) {
        int end = from.ends().nextSetBit(start);
        return end >= 0 ? end - start + 1 : Rooms.BYTES - start + from.ends().nextSetBit(0) + 1;
    }

    private void drop(Rooms.Room from, int taken) {
        if (messages) {
            from.ends().clear((start + taken - 1) % Rooms.BYTES);
            whole -= taken;
        }
        start = (start + taken) % Rooms.BYTES;
        count -= taken;
        if (count == 0) {
            clear();
        }
    }

    /// Forgets everything.
    /// @return how many bytes that were
    int clear() {
        int lost = count;
        Rooms.Room own = room;
        if (own != null) {
            rooms.giveBack(own);
            room = null;
        }
        start = 0;
        count = 0;
        whole = 0;
        return lost;
    }
}
