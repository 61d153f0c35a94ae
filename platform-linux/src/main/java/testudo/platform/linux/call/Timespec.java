package testudo.platform.linux.call;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/// `struct __kernel_timespec`, 16 bytes, all 64-bit architectures. Source: `include/uapi/linux/time_types.h`.
public final class Timespec {
    /// The layout.
    public static final StructLayout LAYOUT = MemoryLayout.structLayout(JAVA_LONG.withName("tv_sec"), JAVA_LONG.withName("tv_nsec"));
    /// Offset of the seconds.
    static final long TV_SEC = KernelStruct.offset(LAYOUT, "tv_sec");
    /// Offset of the nanoseconds, 0 to 999 999 999.
    static final long TV_NSEC = KernelStruct.offset(LAYOUT, "tv_nsec");

    private static final long NANOS = 1_000_000_000L;

    private Timespec() {}

    /// Writes a duration.
    /// @param to where to
    /// @param offset where in it
    /// @param nanos 0 or more
    public static void write(MemorySegment to, long offset, long nanos) {
        to.set(JAVA_LONG, offset + TV_SEC, nanos / NANOS);
        to.set(JAVA_LONG, offset + TV_NSEC, nanos % NANOS);
    }
}
