package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_irq_level`, 8 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmIrqLevel {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("irq"),
            JAVA_INT.withName("level"));
    static final long IRQ = KernelStruct.offset(LAYOUT, "irq");
    static final long LEVEL = KernelStruct.offset(LAYOUT, "level");
    static final long IRQ_LINE = Ioctl.iow(Kvm.TYPE, 0x61, LAYOUT);

    private KvmIrqLevel() {}
}
