package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_irqfd`, 32 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmIrqfd {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("fd"),
            JAVA_INT.withName("gsi"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("resamplefd"),
            paddingLayout(16));
    static final long FD = KernelStruct.offset(LAYOUT, "fd");
    static final long GSI = KernelStruct.offset(LAYOUT, "gsi");
    static final long FLAGS = KernelStruct.offset(LAYOUT, "flags");
    static final long RESAMPLEFD = KernelStruct.offset(LAYOUT, "resamplefd");
    static final long IRQFD = Ioctl.iow(Kvm.TYPE, 0x76, LAYOUT);
    static final int DEASSIGN = 1;
    static final int RESAMPLE = 2;

    private KvmIrqfd() {}
}
