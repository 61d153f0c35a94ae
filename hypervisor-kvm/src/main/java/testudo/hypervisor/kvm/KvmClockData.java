package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_clock_data`. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmClockData {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("clock"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("pad0"),
            JAVA_LONG.withName("realtime"),
            JAVA_LONG.withName("host_tsc"),
            MemoryLayout.sequenceLayout(4, JAVA_INT).withName("pad"));
    static final long CLOCK = KernelStruct.offset(LAYOUT, "clock");
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x7B, LAYOUT);
    static final long GET = Ioctl.ior(Kvm.TYPE, 0x7C, LAYOUT);

    private KvmClockData() {}
}
