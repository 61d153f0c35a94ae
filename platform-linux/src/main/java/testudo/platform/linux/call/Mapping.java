package testudo.platform.linux.call;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Maps descriptors and anonymous memory. Source of the numbers: `include/uapi/asm-generic/mman-common.h`.
public final class Mapping {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;
    private static final int MAP_PRIVATE = 2;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MADV_DONTDUMP = 16;

    private Mapping() {}

    /// Maps a descriptor shared, readable and writable, without reserving swap.
    /// @param descriptor what to map
    /// @param offset where in it, page-aligned
    /// @param sizeBytes how much
    /// @param arena unmaps when it is closed; later accesses through the segment are refused
    /// @return the mapping
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    public static MemorySegment shared(int descriptor, long offset, long sizeBytes, Arena arena) {
        return map(sizeBytes, MAP_SHARED | MAP_NORESERVE, descriptor, offset, arena);
    }

    /// Maps zero-filled private memory, charged when touched.
    /// @param sizeBytes how much
    /// @param arena unmaps when it is closed
    /// @return the mapping
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    public static MemorySegment anonymous(long sizeBytes, Arena arena) {
        return map(sizeBytes, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, arena);
    }

    /// Leaves a mapping out of core dumps. A wish: failure is harmless.
    /// @param mapping a whole mapping
    public static void leaveOutOfCoreDumps(MemorySegment mapping) {
        Syscall.call(SystemCall.MADVISE, mapping.address(), mapping.byteSize(), MADV_DONTDUMP);
    }

    @SuppressWarnings("restricted") // reinterpret
    private static MemorySegment map(long sizeBytes, int flags, int descriptor, long offset, Arena arena) {
        long address = Syscall.call(SystemCall.MMAP, 0, sizeBytes, PROT_READ_WRITE, flags, descriptor, offset);
        if (address < 0 && address > -4096) {
            throw Errno.failure("cannot map %d bytes".formatted(sizeBytes), address);
        }
        // NATIVE: the kernel has just mapped [address, address + sizeBytes) for us alone; the arena's end unmaps it, once.
        return MemorySegment.ofAddress(address)
                .reinterpret(sizeBytes, arena, segment -> Syscall.call(SystemCall.MUNMAP, address, sizeBytes));
    }
}
