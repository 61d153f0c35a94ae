package testudo.platform.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Mapping;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.SharedMemory;

/// A sealed memfd of ours, or a part of a file that a peer has passed, and its mapping.
final class LinuxSharedMemory extends Descriptor implements SharedMemory {
    private static final int PUNCH_HOLE_KEEP_SIZE = 2 | 1;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    private final long start;

    /// Maps a part of a descriptor and, when that works, takes ownership of it.
    LinuxSharedMemory(int descriptor, long start, long sizeBytes) {
        super(descriptor);
        this.start = start;
        bytes = Mapping.shared(descriptor, start, sizeBytes, arena);
        Mapping.leaveOutOfCoreDumps(bytes);
    }

    @Override
    public long sizeBytes() {
        return bytes.byteSize();
    }

    @Override
    public MemorySegment bytes() {
        return bytes;
    }

    @Override
    public void discard(long offset, long sizeBytes) {
        Objects.checkFromIndexSize(offset, sizeBytes, bytes.byteSize());
        if (sizeBytes == 0) {
            return;
        }
        Errno.check(
                Syscall.call(SystemCall.FALLOCATE, descriptor(), PUNCH_HOLE_KEEP_SIZE, start + offset, sizeBytes),
                "cannot give back %d bytes of memory".formatted(sizeBytes));
    }

    @Override
    public synchronized void close() {
        super.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
