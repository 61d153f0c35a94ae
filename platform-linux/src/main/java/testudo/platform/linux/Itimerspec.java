package testudo.platform.linux;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;
import testudo.platform.linux.call.Timespec;

/// `struct __kernel_itimerspec`, 32 bytes, all 64-bit architectures. Source: `include/uapi/linux/time_types.h`.
final class Itimerspec {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            Timespec.LAYOUT.withName("it_interval"), Timespec.LAYOUT.withName("it_value"));
    static final long IT_INTERVAL = KernelStruct.offset(LAYOUT, "it_interval");
    static final long IT_VALUE = KernelStruct.offset(LAYOUT, "it_value");

    private Itimerspec() {}
}
