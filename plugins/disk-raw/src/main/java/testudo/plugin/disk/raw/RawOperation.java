package testudo.plugin.disk.raw;

import testudo.spi.memory.BufferList;

/// An operation under way. Made with its queue, reused.
final class RawOperation {
    /// What an operation does.
    enum Kind {
        /// From the file into the buffers.
        READ,
        /// From the buffers into the file.
        WRITE,
        /// Make writes durable.
        FLUSH,
        /// Free a range.
        PUNCH_HOLE,
        /// Make a range read as zero.
        WRITE_ZEROES
    }

    /// No bounce buffer is in use.
    static final int NO_BOUNCE = -1;

    private static final BufferList NOTHING = new BufferList(1);

    Kind kind = Kind.FLUSH;
    long token;
    long position;
    long lengthBytes;
    long doneBytes;
    /// How much of the rest was handed to the ring at once.
    long stepBytes;
    BufferList buffers = NOTHING;
    /// Where the caller's cursor stood: the first byte of the operation.
    long firstByte;
    /// Whether the ring can't use the caller's buffers.
    boolean bounced;
    int bounce = NO_BOUNCE;

    void begin(Kind what, long at, long length, BufferList list, long callersToken) {
        kind = what;
        token = callersToken;
        position = at;
        lengthBytes = length;
        doneBytes = 0;
        stepBytes = 0;
        buffers = list;
        firstByte = list.position();
        bounced = false;
        bounce = NO_BOUNCE;
    }

    void begin(Kind what, long at, long length, long callersToken) {
        begin(what, at, length, NOTHING, callersToken);
    }

    long leftBytes() {
        return lengthBytes - doneBytes;
    }

    boolean transfers() {
        return kind == Kind.READ || kind == Kind.WRITE;
    }

    /// Puts the cursor of the buffers to the first byte that has not been moved.
    void seekBuffers() {
        buffers.rewind();
        buffers.skip(firstByte + doneBytes);
    }

    void forgetBuffers() {
        buffers = NOTHING;
    }
}
