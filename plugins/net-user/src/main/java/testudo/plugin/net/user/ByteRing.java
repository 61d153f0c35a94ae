package testudo.plugin.net.user;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/// Bytes of a connection that wait for one of its ends. Has memory of the pool only while there are any.
final class ByteRing {
    static final int SIZE_BYTES = BufferPool.BUFFER_BYTES;

    private final BufferPool pool;
    private BufferPool.@Nullable Buffer buffer;
    private int first;
    private int count;

    ByteRing(BufferPool pool) {
        this.pool = pool;
    }

    int count() {
        return count;
    }

    int room() {
        return SIZE_BYTES - count;
    }

    /// Makes sure that it has memory.
    /// @return false when the pool has none
    boolean reserve() {
        if (buffer == null) {
            buffer = pool.take();
        }
        return buffer != null;
    }

    private BufferPool.Buffer reserved() {
        if (buffer == null) {
            throw new IllegalStateException("no memory was reserved");
        }
        return buffer;
    }

    /// Fills it from a socket. After [#reserve].
    /// @return bytes read, -1 at the end of the stream
    int fill(SocketChannel from) throws IOException {
        int at = (first + count) % SIZE_BYTES;
        int most = Math.min(SIZE_BYTES - count, SIZE_BYTES - at);
        int read = from.read(reserved().bytes().limit(at + most).position(at));
        count += Math.max(read, 0);
        releaseIfEmpty();
        return read;
    }

    /// Adds bytes that there is room for. After [#reserve].
    void put(MemorySegment from, long at, int lengthBytes) {
        int to = (first + count) % SIZE_BYTES;
        int step = Math.min(lengthBytes, SIZE_BYTES - to);
        MemorySegment.copy(from, at, reserved().memory(), to, step);
        MemorySegment.copy(from, at + step, reserved().memory(), 0, lengthBytes - step);
        count += lengthBytes;
    }

    /// Copies bytes without taking them.
    void copy(int offset, MemorySegment to, long at, int lengthBytes) {
        int from = (first + offset) % SIZE_BYTES;
        int step = Math.min(lengthBytes, SIZE_BYTES - from);
        MemorySegment.copy(reserved().memory(), from, to, at, step);
        MemorySegment.copy(reserved().memory(), 0, to, at + step, lengthBytes - step);
    }

    /// Writes what is there to a socket, as much as it takes.
    void drain(SocketChannel to) throws IOException {
        while (count > 0) {
            int most = Math.min(count, SIZE_BYTES - first);
            int written = to.write(reserved().bytes().limit(first + most).position(first));
            drop(written);
            if (written < most) {
                return;
            }
        }
    }

    /// Forgets bytes from the front.
    void drop(int lengthBytes) {
        first = (first + lengthBytes) % SIZE_BYTES;
        count -= lengthBytes;
        releaseIfEmpty();
    }

    private void releaseIfEmpty() {
        if (count == 0) {
            release();
        }
    }

    /// Forgets everything.
    void release() {
        if (buffer != null) {
            pool.give(buffer);
            buffer = null;
        }
        first = 0;
        count = 0;
    }
}
