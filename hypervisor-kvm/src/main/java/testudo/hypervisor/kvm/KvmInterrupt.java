package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_interrupt`, 4 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmInterrupt {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("irq"));
    static final long IRQ = KernelStruct.offset(LAYOUT, "irq");
    static final long INTERRUPT = Ioctl.iow(Kvm.TYPE, 0x86, LAYOUT);

    private KvmInterrupt() {}
}
