package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_translation`, 24 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmTranslation {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("linear_address"),
            JAVA_LONG.withName("physical_address"),
            JAVA_BYTE.withName("valid"),
            JAVA_BYTE.withName("writeable"),
            JAVA_BYTE.withName("usermode"),
            paddingLayout(5));
    static final long LINEAR_ADDRESS = KernelStruct.offset(LAYOUT, "linear_address");
    static final long PHYSICAL_ADDRESS = KernelStruct.offset(LAYOUT, "physical_address");
    static final long VALID = KernelStruct.offset(LAYOUT, "valid");
    static final long TRANSLATE = Ioctl.iowr(Kvm.TYPE, 0x85, LAYOUT);

    private KvmTranslation() {}
}
