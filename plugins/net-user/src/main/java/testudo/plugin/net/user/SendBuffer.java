package testudo.plugin.net.user;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/// What a host has sent and the guest has not acknowledged: a ring of bytes. Memory is taken when the first byte comes.
final class SendBuffer {
    private static final int SIZE_BYTES = 256 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private ByteBuffer bytes = NOTHING;
    private MemorySegment memory = MemorySegment.ofBuffer(NOTHING);
    private int first;
    private int count;

    int count() {
        return count;
    }

    boolean isFull() {
        return count == SIZE_BYTES;
    }

    /// Fills it from a socket.
    /// @return bytes read, -1 at the end of the stream
    int fill(SocketChannel from) throws IOException {
        if (bytes.capacity() == 0) {
            bytes = ByteBuffer.allocateDirect(SIZE_BYTES);
            memory = MemorySegment.ofBuffer(bytes);
        }
        int at = (first + count) % SIZE_BYTES;
        int room = Math.min(SIZE_BYTES - count, SIZE_BYTES - at);
        bytes.limit(at + room).position(at);
        int read = from.read(bytes);
        count += Math.max(read, 0);
        return read;
    }

    /// Copies bytes without taking them.
    void copy(int offset, MemorySegment to, long at, int lengthBytes) {
        int from = (first + offset) % SIZE_BYTES;
        int step = Math.min(lengthBytes, SIZE_BYTES - from);
        MemorySegment.copy(memory, from, to, at, step);
        if (step < lengthBytes) {
            MemorySegment.copy(memory, 0, to, at + step, lengthBytes - step);
        }
    }

    /// Forgets bytes that have been acknowledged.
    void drop(int lengthBytes) {
        first = (first + lengthBytes) % SIZE_BYTES;
        count -= lengthBytes;
    }
}
