package testudo.core.vhost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostHandle;
import testudo.spi.host.LocalSocket;

/// Messages over a connection: a header of request, flags and size, a payload, and handles ("Message Specification"). Never blocks.
///
/// One message at a time is held, in memory that was allocated when the channel was made. Numbers are in the host's byte order. One thread.
final class MessageChannel implements AutoCloseable {
    static final int MAX_PAYLOAD_BYTES = 4096;
    private static final int HEADER_BYTES = 12;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final LocalSocket socket;
    private final HandlePassing passing;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment received = arena.allocate(HEADER_BYTES + MAX_PAYLOAD_BYTES, Long.BYTES);
    private final MemorySegment sent = arena.allocate(HEADER_BYTES + MAX_PAYLOAD_BYTES, Long.BYTES);
    private final List<HostHandle> handles = new ArrayList<>();
    private int filled;

    /// Takes ownership of a connection.
    MessageChannel(LocalSocket socket, HandlePassing passing) {
        this.socket = socket;
        this.passing = passing;
    }

    /// What came of an attempt to receive.
    enum Progress {
        /// A whole message is there.
        MESSAGE,
        /// Not yet.
        NOTHING,
        /// The peer has gone.
        CLOSED
    }

    /// The connection, for watching it.
    LocalSocket socket() {
        return socket;
    }

    /// Reads on. After [Progress#MESSAGE] the accessors tell about it, until [#done()].
    /// @throws PeerFault when what comes is no message
    Progress receive() {
        while (true) {
            int wanted = filled < HEADER_BYTES ? HEADER_BYTES : HEADER_BYTES + payloadBytes();
            if (filled == wanted) {
                return Progress.MESSAGE; // reached with a header that announces no payload
            }
            long count = passing.receive(socket, received, filled, wanted - filled, handles);
            if (count == LocalSocket.AGAIN) {
                return Progress.NOTHING;
            }
            if (count == 0 || count == -104) { // ECONNRESET
                return Progress.CLOSED;
            }
            if (count < 0) {
                throw new PeerFault("receiving failed with errno " + -count);
            }
            filled += (int) count;
            if (handles.size() > HandlePassing.MAX_HANDLES) {
                throw new PeerFault("too many handles in a message");
            }
            if (filled >= HEADER_BYTES) {
                if (Integer.compareUnsigned(payloadBytes(), MAX_PAYLOAD_BYTES) > 0) {
                    throw new PeerFault("a message longer than any");
                }
                if ((flags() & Request.VERSION_MASK) != Request.VERSION) {
                    throw new PeerFault("not version 1 of the protocol");
                }
            }
        }
    }

    int request() {
        return received.get(INT, 0);
    }

    int flags() {
        return received.get(INT, 4);
    }

    int payloadBytes() {
        return received.get(INT, 8);
    }

    /// A number of the payload.
    /// @param offset inside of it: checked with [#expect] before
    int getInt(int offset) {
        return received.get(INT, HEADER_BYTES + (long) offset);
    }

    long getLong(int offset) {
        return received.get(LONG, HEADER_BYTES + (long) offset);
    }

    byte getByte(int offset) {
        return received.get(ValueLayout.JAVA_BYTE, HEADER_BYTES + (long) offset);
    }

    /// @throws PeerFault when the payload has another size, or another number of handles came with it
    void expect(int payload, int handleCount) {
        if (payloadBytes() != payload || handles.size() != handleCount) {
            throw new PeerFault("request %d with %d bytes and %d handles instead of %d and %d"
                    .formatted(request(), payloadBytes(), handles.size(), payload, handleCount));
        }
    }

    boolean hasHandle() {
        return !handles.isEmpty();
    }

    /// Hands a handle over to the caller, who closes it.
    HostHandle takeHandle() {
        return handles.removeFirst();
    }

    /// Forgets the message, closing what handles nobody took.
    void done() {
        filled = 0;
        handles.forEach(HostHandle::close);
        handles.clear();
    }

    void putInt(int offset, int value) {
        sent.set(INT, HEADER_BYTES + (long) offset, value);
    }

    void putLong(int offset, long value) {
        sent.set(LONG, HEADER_BYTES + (long) offset, value);
    }

    void putByte(int offset, byte value) {
        sent.set(ValueLayout.JAVA_BYTE, HEADER_BYTES + (long) offset, value);
    }

    /// Sends a message with the payload that was put.
    /// @throws PeerFault when the peer has gone, or does not read
    void send(int request, int flags, int payload, List<? extends HostHandle> with) {
        sent.set(INT, 0, request);
        sent.set(INT, 4, flags);
        sent.set(INT, 8, payload);
        int length = HEADER_BYTES + payload;
        // A message is small: a socket that has no room for it is one that nobody reads.
        long count = passing.send(socket, sent, 0, length, with);
        if (count != length) {
            throw new PeerFault("the peer does not take request %d: %d".formatted(request, count));
        }
    }

    @Override
    public void close() {
        done();
        socket.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
