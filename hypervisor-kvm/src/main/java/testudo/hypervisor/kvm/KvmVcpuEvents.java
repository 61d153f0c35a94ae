package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// `struct kvm_vcpu_events`, 64 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmVcpuEvents {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(8, JAVA_BYTE).withName("exception"),
            MemoryLayout.sequenceLayout(4, JAVA_BYTE).withName("interrupt"),
            MemoryLayout.sequenceLayout(4, JAVA_BYTE).withName("nmi"),
            JAVA_INT.withName("sipi_vector"),
            JAVA_INT.withName("flags"),
            MemoryLayout.sequenceLayout(4, JAVA_BYTE).withName("smi"),
            paddingLayout(36));
    static final long GET = Ioctl.ior(Kvm.TYPE, 0x9F, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0xA0, LAYOUT);

    private KvmVcpuEvents() {}
}
