package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_irq_routing`, 8 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmIrqRouting {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("nr"),
            JAVA_INT.withName("flags"));
    static final long NR = KernelStruct.offset(LAYOUT, "nr");
    static final long SET_GSI_ROUTING = Ioctl.iow(Kvm.TYPE, 0x6A, LAYOUT);

    private KvmIrqRouting() {}
}
