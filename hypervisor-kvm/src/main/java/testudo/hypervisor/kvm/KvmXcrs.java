package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// `struct kvm_xcrs`, 392 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmXcrs {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("nr_xcrs"),
            JAVA_INT.withName("flags"),
            paddingLayout(384));
    static final long GET = Ioctl.ior(Kvm.TYPE, 0xA6, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0xA7, LAYOUT);

    private KvmXcrs() {}
}
