package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// `struct kvm_mp_state`, 4 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmMpState {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("mp_state"));
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x99, LAYOUT);
    static final int RUNNABLE = 0;
    static final int UNINITIALIZED = 1;

    private KvmMpState() {}
}
