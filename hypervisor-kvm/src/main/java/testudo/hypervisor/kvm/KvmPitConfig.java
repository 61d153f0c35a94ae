package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// `struct kvm_pit_config`, 64 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmPitConfig {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("flags"),
            paddingLayout(60));
    static final long FLAGS = LAYOUT.byteOffset(groupElement("flags"));
    /// KVM answers port 0x61 too: gate and output of channel 2, with which kernels calibrate their clocks.
    static final int SPEAKER_DUMMY = 1;
    static final long CREATE_PIT2 = Ioctl.iow(Kvm.TYPE, 0x77, LAYOUT);

    private KvmPitConfig() {}
}
