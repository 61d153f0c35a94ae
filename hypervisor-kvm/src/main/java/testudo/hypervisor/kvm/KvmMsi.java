package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_msi`, 32 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmMsi {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("address_lo"),
            JAVA_INT.withName("address_hi"),
            JAVA_INT.withName("data"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("devid"),
            paddingLayout(12));
    static final long ADDRESS_LO = KernelStruct.offset(LAYOUT, "address_lo");
    static final long ADDRESS_HI = KernelStruct.offset(LAYOUT, "address_hi");
    static final long DATA = KernelStruct.offset(LAYOUT, "data");
    static final long SIGNAL_MSI = Ioctl.iow(Kvm.TYPE, 0xA5, LAYOUT);

    private KvmMsi() {}
}
