package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_enable_cap`, 104 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmEnableCap {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("cap"),
            JAVA_INT.withName("flags"),
            MemoryLayout.sequenceLayout(4, JAVA_LONG).withName("args"),
            paddingLayout(64));
    static final long CAP = KernelStruct.offset(LAYOUT, "cap");
    static final long ARGS = KernelStruct.offset(LAYOUT, "args");
    static final long ENABLE_CAP = Ioctl.iow(Kvm.TYPE, 0xA3, LAYOUT);

    private KvmEnableCap() {}
}
