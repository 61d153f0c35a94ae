package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_cpuid2`, 8 bytes, x86 only; entries follow the header. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmCpuid2 {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("nent"),
            paddingLayout(4));
    static final long NENT = KernelStruct.offset(LAYOUT, "nent");
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x90, LAYOUT);
    static final long GET_SUPPORTED = Ioctl.iowr(Kvm.TYPE, 0x05, LAYOUT);

    private KvmCpuid2() {}
}
