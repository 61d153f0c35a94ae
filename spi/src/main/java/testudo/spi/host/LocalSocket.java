package testudo.spi.host;

import java.lang.foreign.MemorySegment;

/// A connected local socket. Never blocks.
public interface LocalSocket extends Pollable {
    /// `EAGAIN`: nothing to read, or no room to write.
    int AGAIN = -11;

    /// Receives bytes, for a message socket one message.
    /// @param to where to
    /// @param offset in `to`
    /// @param lengthBytes how much at most; the rest of a longer message is lost
    /// @return bytes received, 0 when the peer has closed, [#AGAIN] or another negative errno
    long receive(MemorySegment to, long offset, long lengthBytes);

    /// Sends bytes, for a message socket one message.
    /// @param from where from
    /// @param offset in `from`
    /// @param lengthBytes how much
    /// @return bytes sent, [#AGAIN] or another negative errno
    long send(MemorySegment from, long offset, long lengthBytes);

    /// Ends one direction; the other one goes on. The peer of an ended [Direction#SEND] reads to the end of what was sent before, that of an
    /// ended [Direction#RECEIVE] can't send any more.
    /// @param direction which one
    /// @return 0 or a negative errno
    long shutdown(Direction direction);

    /// The directions of a connection, as this end sees them.
    enum Direction {
        /// From the peer.
        RECEIVE,
        /// To the peer.
        SEND
    }
}
