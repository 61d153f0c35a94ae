package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_msr_list`, 4 bytes, x86 only; indices follow the header. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmMsrList {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("nmsrs"));
    static final long NMSRS = KernelStruct.offset(LAYOUT, "nmsrs");
    static final long GET_INDEX_LIST = Ioctl.iowr(Kvm.TYPE, 0x02, LAYOUT);

    private KvmMsrList() {}
}
