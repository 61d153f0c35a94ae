package testudo.platform.linux;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;

/// `struct statx`, 256 bytes, all architectures. Source: `include/uapi/linux/stat.h` (v6.1 for the direct I/O fields).
final class Statx {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("stx_mask"),
            paddingLayout(24),
            JAVA_SHORT.withName("stx_mode"),
            paddingLayout(10),
            JAVA_LONG.withName("stx_size"),
            paddingLayout(104),
            JAVA_INT.withName("stx_dio_mem_align"),
            JAVA_INT.withName("stx_dio_offset_align"),
            paddingLayout(96));

    static final int TYPE_MASK = 0xF000;
    static final int FIFO = 0x1000;
    static final int CHARACTER = 0x2000;
    static final int DIRECTORY = 0x4000;
    static final int BLOCK = 0x6000;
    static final int REGULAR = 0x8000;

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int BASIC_STATS = 0x7FF;
    private static final int DIOALIGN = 0x2000;

    private Statx() {}

    /// What is asked of an open descriptor.
    /// @param error 0, or a negative errno and nothing else
    /// @param type one of the type constants
    /// @param sizeBytes of a regular file
    /// @param directAlignment what direct I/O wants, 0 when the kernel does not say
    record Facts(int error, int type, long sizeBytes, int directAlignment) {}

    static Facts of(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(LAYOUT);
            long empty = arena.allocateFrom("").address();
            long result = Syscall.call(
                    SystemCall.STATX, descriptor, empty, AT_EMPTY_PATH, BASIC_STATS | DIOALIGN, buffer.address(), 0);
            if (result < 0) {
                return new Facts((int) result, 0, 0, 0);
            }
            int mask = buffer.get(JAVA_INT, KernelStruct.offset(LAYOUT, "stx_mask"));
            int alignment = (mask & DIOALIGN) == 0
                    ? 0
                    : Math.max(
                            buffer.get(JAVA_INT, KernelStruct.offset(LAYOUT, "stx_dio_mem_align")),
                            buffer.get(JAVA_INT, KernelStruct.offset(LAYOUT, "stx_dio_offset_align")));
            return new Facts(
                    0,
                    buffer.get(JAVA_SHORT, KernelStruct.offset(LAYOUT, "stx_mode")) & TYPE_MASK,
                    buffer.get(JAVA_LONG, KernelStruct.offset(LAYOUT, "stx_size")),
                    alignment);
        }
    }
}
