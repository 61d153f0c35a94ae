package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_dirty_log`, 16 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmDirtyLog {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("slot"),
            paddingLayout(4),
            JAVA_LONG.withName("dirty_bitmap"));
    static final long SLOT = KernelStruct.offset(LAYOUT, "slot");
    static final long DIRTY_BITMAP = KernelStruct.offset(LAYOUT, "dirty_bitmap");
    static final long GET = Ioctl.iow(Kvm.TYPE, 0x42, LAYOUT);

    private KvmDirtyLog() {}
}
