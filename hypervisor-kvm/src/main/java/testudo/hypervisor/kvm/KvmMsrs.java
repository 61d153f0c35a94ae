package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_msrs`, 8 bytes, x86 only; entries follow the header. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmMsrs {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("nmsrs"),
            JAVA_INT.withName("pad"));
    static final long NMSRS = KernelStruct.offset(LAYOUT, "nmsrs");
    static final long GET = Ioctl.iowr(Kvm.TYPE, 0x88, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x89, LAYOUT);

    private KvmMsrs() {}
}
