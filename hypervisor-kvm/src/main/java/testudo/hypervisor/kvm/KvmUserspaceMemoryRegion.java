package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_userspace_memory_region`, 32 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmUserspaceMemoryRegion {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("slot"),
            JAVA_INT.withName("flags"),
            JAVA_LONG.withName("guest_phys_addr"),
            JAVA_LONG.withName("memory_size"),
            JAVA_LONG.withName("userspace_addr"));
    static final long SLOT = KernelStruct.offset(LAYOUT, "slot");
    static final long FLAGS = KernelStruct.offset(LAYOUT, "flags");
    static final long GUEST_PHYS_ADDR = KernelStruct.offset(LAYOUT, "guest_phys_addr");
    static final long MEMORY_SIZE = KernelStruct.offset(LAYOUT, "memory_size");
    static final long USERSPACE_ADDR = KernelStruct.offset(LAYOUT, "userspace_addr");
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x46, LAYOUT);
    static final int LOG_DIRTY_PAGES = 1;
    static final int READONLY = 2;

    private KvmUserspaceMemoryRegion() {}
}
