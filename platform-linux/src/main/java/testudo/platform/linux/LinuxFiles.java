package testudo.platform.linux;

import java.nio.file.Path;
import java.util.Set;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.VmmException;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.IoRing;

/// Files by `openat(2)`.
final class LinuxFiles implements HostFiles {
    private static final int MAX_DEPTH = 4096;
    /// What file systems without `STATX_DIOALIGN` (before Linux 6.1) can be trusted with.
    private static final int FILE_ALIGNMENT = 4096;
    private static final int BLOCK_ALIGNMENT = 512;

    private final RingReserve reserve = new RingReserve();

    @Override
    public HostFile open(Path path, Set<Mode> modes) {
        if (!modes.contains(Mode.READ) && !modes.contains(Mode.WRITE)) {
            throw new IllegalArgumentException("neither READ nor WRITE: " + path);
        }
        int flags = flags(modes);
        int inherited = InheritedDescriptor.number(path);
        int descriptor = inherited >= 0 ? InheritedDescriptor.duplicate(inherited, flags) : openPath(path.toString(), flags);
        if (descriptor < 0) {
            throw Errno.failure("cannot open " + path, descriptor);
        }
        Statx.Facts facts = Statx.of(descriptor);
        int error = facts.type() == Statx.DIRECTORY ? -Errno.EISDIR : facts.error();
        if (error < 0) {
            new Descriptor(descriptor).close();
            throw Errno.failure("cannot open " + path, error);
        }
        int alignment = modes.contains(Mode.DIRECT) ? directAlignment(descriptor, facts) : 1;
        return new LinuxFile(descriptor, path.toString(), facts.type(), alignment);
    }

    private static int openPath(String path, int flags) {
        int descriptor = Opening.open(path, flags);
        if (descriptor == -Errno.ENXIO && (flags & Opening.O_NONBLOCK) != 0) {
            // A named pipe opened for writing without a reader; opened for both it has one: fifo(7).
            descriptor = Opening.open(path, (flags & ~Opening.O_WRONLY) | Opening.O_RDWR);
        }
        return descriptor;
    }

    private static int flags(Set<Mode> modes) {
        int flags = !modes.contains(Mode.WRITE)
                ? Opening.O_RDONLY
                : modes.contains(Mode.READ) ? Opening.O_RDWR : Opening.O_WRONLY;
        for (Mode mode : modes) {
            flags |= switch (mode) {
                case READ, WRITE -> 0;
                case CREATE -> Opening.O_CREAT;
                case TRUNCATE -> Opening.O_TRUNC;
                case APPEND -> Opening.O_APPEND;
                case DIRECT -> Opening.O_DIRECT;
                case NONBLOCK -> Opening.O_NONBLOCK;
            };
        }
        return flags | Opening.O_NOCTTY;
    }

    private static int directAlignment(int descriptor, Statx.Facts facts) {
        if (facts.directAlignment() > 0) {
            return facts.directAlignment();
        }
        if (facts.type() == Statx.BLOCK) {
            return Math.max(BLOCK_ALIGNMENT, BlockDevice.logicalBlockBytes(descriptor));
        }
        return FILE_ALIGNMENT;
    }

    @Override
    public IoRing newRing(int depth, RingKind kind) {
        if (depth < 1 || depth > MAX_DEPTH) {
            throw new IllegalArgumentException("ring depth " + depth);
        }
        return switch (kind) {
            case URING -> reserve.take(depth).orElseGet(() -> UringRing.open(depth));
            case THREAD -> new ThreadRing(depth, ThreadRing.MAX_WORKERS);
            case CALLER -> new ThreadRing(depth, 0);
            case AUTO -> {
                try {
                    yield reserve.take(depth).orElseGet(() -> UringRing.open(depth));
                } catch (VmmException.Host refused) {
                    // Missing, switched off by kernel.io_uring_disabled, or filtered by a sandbox: the reason does not matter.
                    yield new ThreadRing(depth, ThreadRing.MAX_WORKERS);
                }
            }
        };
    }

    @Override
    public void reserveRings(int count, int depth) {
        reserve.fill(count, Math.clamp(depth, 1, MAX_DEPTH));
    }

    /// Asks or changes flags of a descriptor.
    static long fcntl(int descriptor, int operation, long argument) {
        return Syscall.call(SystemCall.FCNTL, descriptor, operation, argument);
    }
}
