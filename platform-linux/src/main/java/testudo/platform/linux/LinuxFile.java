package testudo.platform.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Mapping;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostFile;

/// An open file, block device, pipe or terminal.
sealed class LinuxFile extends Descriptor implements HostFile permits BorrowedStream {
    static final int KEEP_SIZE = 1;
    static final int PUNCH_HOLE = 2;
    static final int ZERO_RANGE = 0x10;

    private static final int LOCK_SHARED_NOW = 1 | 4;
    private static final int LOCK_EXCLUSIVE_NOW = 2 | 4;
    private static final int ZERO_CHUNK_BYTES = 64 * 1024;

    private final String name;
    private final int type;
    private final int alignmentBytes;

    /// Takes ownership of a descriptor.
    /// @param descriptor an open descriptor
    /// @param name for messages
    /// @param type one of the types of [Statx]
    /// @param alignmentBytes what direct I/O wants, 1 for the page cache
    LinuxFile(int descriptor, String name, int type, int alignmentBytes) {
        super(descriptor);
        this.name = name;
        this.type = type;
        this.alignmentBytes = alignmentBytes;
    }

    @Override
    public long sizeBytes() {
        if (type == Statx.BLOCK) {
            return Errno.check(BlockDevice.sizeBytes(descriptor()), "cannot read the size of " + name);
        }
        Statx.Facts facts = Statx.of(descriptor());
        Errno.check(facts.error(), "cannot read the size of " + name);
        return facts.sizeBytes();
    }

    @Override
    public int alignmentBytes() {
        return alignmentBytes;
    }

    @Override
    public boolean sparse() {
        return type == Statx.REGULAR || type == Statx.BLOCK;
    }

    @Override
    public long read(long position, MemorySegment to, long offset, long lengthBytes) {
        long address = NativeRange.forWriting(to, offset, lengthBytes);
        long result;
        do {
            result = position < 0
                    ? Syscall.call(SystemCall.READ, descriptor(), address, lengthBytes)
                    : Syscall.call(SystemCall.PREAD64, descriptor(), address, lengthBytes, position);
        } while (result == -Errno.EINTR);
        return result;
    }

    @Override
    public long write(long position, MemorySegment from, long offset, long lengthBytes) {
        long address = NativeRange.forReading(from, offset, lengthBytes);
        long result;
        do {
            result = position < 0
                    ? Syscall.call(SystemCall.WRITE, descriptor(), address, lengthBytes)
                    : Syscall.call(SystemCall.PWRITE64, descriptor(), address, lengthBytes, position);
        } while (result == -Errno.EINTR);
        return result;
    }

    @Override
    public int flush() {
        return (int) Syscall.call(SystemCall.FDATASYNC, descriptor());
    }

    @Override
    public int punchHole(long position, long lengthBytes) {
        int result = fallocate(PUNCH_HOLE | KEEP_SIZE, position, lengthBytes);
        return result == -Errno.EOPNOTSUPP && type == Statx.BLOCK
                ? BlockDevice.zero(descriptor(), position, lengthBytes)
                : result;
    }

    @Override
    public int writeZeroes(long position, long lengthBytes) {
        int result = fallocate(ZERO_RANGE | KEEP_SIZE, position, lengthBytes);
        return result == -Errno.EOPNOTSUPP ? writeZeroesSlowly(position, lengthBytes) : result;
    }

    /// For file systems without `FALLOC_FL_ZERO_RANGE`, such as tmpfs.
    int writeZeroesSlowly(long position, long lengthBytes) {
        int result = punchHole(position, lengthBytes);
        if (result != -Errno.EOPNOTSUPP) {
            return result;
        }
        long end = Math.min(position + lengthBytes, sizeBytes());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeroes = Mapping.anonymous(ZERO_CHUNK_BYTES, arena);
            for (long at = position; at < end;) {
                long written = write(at, zeroes, 0, Math.min(ZERO_CHUNK_BYTES, end - at));
                if (written <= 0) {
                    return written < 0 ? (int) written : -Errno.EIO;
                }
                at += written;
            }
        }
        return 0;
    }

    private int fallocate(int mode, long position, long lengthBytes) {
        long result;
        do {
            result = Syscall.call(SystemCall.FALLOCATE, descriptor(), mode, position, lengthBytes);
        } while (result == -Errno.EINTR);
        return (int) result;
    }

    @Override
    public int resize(long sizeBytes) {
        return (int) Syscall.call(SystemCall.FTRUNCATE, descriptor(), sizeBytes);
    }

    @Override
    public boolean lock(boolean exclusive) {
        long result = Syscall.call(SystemCall.FLOCK, descriptor(), exclusive ? LOCK_EXCLUSIVE_NOW : LOCK_SHARED_NOW);
        if (result == -Errno.EAGAIN) {
            return false;
        }
        Errno.check(result, "cannot lock " + name);
        return true;
    }
}
