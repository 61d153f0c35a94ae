package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_signal_mask`, 4 bytes, all architectures; the set follows the header. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmSignalMask {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("len"));
    static final long LEN = KernelStruct.offset(LAYOUT, "len");
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x8B, LAYOUT);
    /// Where the set of 8 bytes starts.
    static final long SIGSET = LAYOUT.byteSize();

    private KvmSignalMask() {}
}
