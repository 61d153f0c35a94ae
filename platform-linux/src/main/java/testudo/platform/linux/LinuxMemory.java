package testudo.platform.linux;

import java.lang.foreign.Arena;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostMemory;
import testudo.spi.host.SharedMemory;

/// Shared memory by `memfd_create(2)`.
final class LinuxMemory implements HostMemory {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    private static final int SEAL_SEAL_SHRINK_GROW = 1 | 2 | 4;
    private static final int MAX_NAME = 200;

    @Override
    public SharedMemory create(String name, long sizeBytes) {
        if (sizeBytes <= 0 || sizeBytes % pageSizeBytes() != 0 || name.length() > MAX_NAME) {
            throw new IllegalArgumentException("shared memory %s of %d bytes".formatted(name, sizeBytes));
        }
        String what = "cannot make %d bytes of shared memory [%s]".formatted(sizeBytes, name);
        long result;
        try (Arena arena = Arena.ofConfined()) {
            long label = arena.allocateFrom(name).address();
            result = Syscall.call(SystemCall.MEMFD_CREATE, label, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        }
        int descriptor = (int) Errno.check(result, what);
        try {
            Errno.check(Syscall.call(SystemCall.FTRUNCATE, descriptor, sizeBytes), what);
            // A memfd that another process could shrink would turn our accesses into SIGBUS.
            Errno.check(Syscall.call(SystemCall.FCNTL, descriptor, F_ADD_SEALS, SEAL_SEAL_SHRINK_GROW), what);
            return new LinuxSharedMemory(descriptor, 0, sizeBytes);
        } catch (RuntimeException failure) {
            new Descriptor(descriptor).close();
            throw failure;
        }
    }

    @Override
    public int pageSizeBytes() {
        return PageSize.BYTES;
    }

    /// Read once, when first needed.
    private static final class PageSize {
        static final int BYTES = AuxiliaryVector.pageSizeBytes();

        private PageSize() {}
    }
}
