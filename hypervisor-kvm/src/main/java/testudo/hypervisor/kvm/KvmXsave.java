package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// `struct kvm_xsave`, 4096 bytes, x86 only: the processor's XSAVE area, not compacted. Source: `arch/x86/include/uapi/asm/kvm.h`; use:
/// `Documentation/virt/kvm/api.rst`.
final class KvmXsave {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(1024, JAVA_INT).withName("region"));
    static final long GET = Ioctl.ior(Kvm.TYPE, 0xA4, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0xA5, LAYOUT);

    private KvmXsave() {}
}
