package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import testudo.spi.net.NetworkLink;

/// Frames on their way to the guest: a bounded ring with one writer at a time (the stack's lock) and one reader. Does not allocate.
///
/// Each frame has its length in front; one that does not fit before the end of the memory starts at its beginning, which a length of 0 says.
final class FrameRing {
    private static final int LENGTH_BYTES = 4;
    private static final int ALIGN = 8;

    private final MemorySegment memory;
    private final long sizeBytes;
    private final AtomicLong written = new AtomicLong();
    private final AtomicLong read = new AtomicLong();
    private long reserved;

    /// Makes a ring.
    /// @param memory what it lives in, a multiple of 8 and at least four of the longest frames
    FrameRing(MemorySegment memory) {
        this.memory = memory;
        sizeBytes = memory.byteSize();
    }

    /// Whether any frame fits.
    boolean hasRoom() {
        return sizeBytes - (written.getPlain() - read.getAcquire()) >= 2L * NetworkLink.MAX_FRAME_BYTES + 4 * ALIGN;
    }

    boolean isHalfEmpty() {
        return written.getAcquire() - read.getAcquire() <= sizeBytes / 2;
    }

    /// The memory that [#reserve] and [#commit] speak of.
    MemorySegment memory() {
        return memory;
    }

    /// Finds room for a frame. Only after [#hasRoom].
    /// @param mostBytes its length at most
    /// @return where it may be written
    long reserve(int mostBytes) {
        reserved = written.getPlain();
        long at = reserved % sizeBytes;
        if (at + LENGTH_BYTES + mostBytes > sizeBytes) {
            memory.set(ValueLayout.JAVA_INT, at, 0);
            reserved += sizeBytes - at;
            at = 0;
        }
        return at + LENGTH_BYTES;
    }

    /// Hands over the frame that was written where [#reserve] said.
    /// @return whether the reader had taken everything before, and may wait for an event
    boolean commit(int lengthBytes) {
        long before = written.getPlain();
        memory.set(ValueLayout.JAVA_INT, reserved % sizeBytes, lengthBytes);
        written.set(reserved + align(LENGTH_BYTES + lengthBytes));
        return read.get() == before; // volatile on both sides: the reader sees this frame, or we see that it has seen none
    }

    /// Takes a frame.
    /// @return its length; 0 when there is none
    int take(MemorySegment to) {
        long position = read.getPlain();
        if (position == written.get()) {
            return 0;
        }
        int lengthBytes = memory.get(ValueLayout.JAVA_INT, position % sizeBytes);
        if (lengthBytes == 0) {
            position += sizeBytes - position % sizeBytes;
            lengthBytes = memory.get(ValueLayout.JAVA_INT, 0);
        }
        MemorySegment.copy(memory, position % sizeBytes + LENGTH_BYTES, to, 0, lengthBytes);
        read.set(position + align(LENGTH_BYTES + lengthBytes));
        return lengthBytes;
    }

    private static long align(long value) {
        return (value + ALIGN - 1) & -ALIGN;
    }
}
