package testudo.plugin.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Memory for what waits on connections, shared by all: a connection has some only while something waits. Under the stack's lock.
///
/// However many connections a guest opens and however little it reads, this is all it gets: [#MOST] buffers, made when first needed.
final class BufferPool {
    static final int BUFFER_BYTES = 256 << 10;
    static final int MOST = 256;

    private final Arena arena;
    private final ArrayDeque<Buffer> free = new ArrayDeque<>(MOST);
    private int made;

    /// A piece of memory.
    /// @param memory [#BUFFER_BYTES]
    /// @param bytes the same, for sockets
    record Buffer(MemorySegment memory, ByteBuffer bytes) {}

    /// @param arena closed after the last use
    BufferPool(Arena arena) {
        this.arena = arena;
    }

    boolean isEmpty() {
        return free.isEmpty() && made == MOST;
    }

    /// Takes a buffer.
    /// @return null when all are in use
    @Nullable
    Buffer take() {
        Buffer buffer = free.pollFirst();
        if (buffer == null && made < MOST) {
            made++;
            MemorySegment memory = arena.allocate(BUFFER_BYTES);
            buffer = new Buffer(memory, memory.asByteBuffer());
        }
        return buffer;
    }

    void give(Buffer buffer) {
        free.addFirst(buffer);
    }
}
