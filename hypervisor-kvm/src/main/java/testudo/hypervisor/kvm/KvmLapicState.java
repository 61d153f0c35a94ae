package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// `struct kvm_lapic_state`, 1024 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmLapicState {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(1024, JAVA_BYTE).withName("regs"));
    static final long GET = Ioctl.ior(Kvm.TYPE, 0x8E, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x8F, LAYOUT);
    /// Offset of the local vector table entry of LINT0 (Intel SDM 3, "Local Vector Table").
    static final long LVT_LINT0 = 0x350;
    /// Offset of the local vector table entry of LINT1.
    static final long LVT_LINT1 = 0x360;

    private KvmLapicState() {}
}
