package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_ioeventfd`, 64 bytes, all architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmIoeventfd {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("datamatch"),
            JAVA_LONG.withName("addr"),
            JAVA_INT.withName("len"),
            JAVA_INT.withName("fd"),
            JAVA_INT.withName("flags"),
            paddingLayout(36));
    static final long DATAMATCH = KernelStruct.offset(LAYOUT, "datamatch");
    static final long ADDR = KernelStruct.offset(LAYOUT, "addr");
    static final long LEN = KernelStruct.offset(LAYOUT, "len");
    static final long FD = KernelStruct.offset(LAYOUT, "fd");
    static final long FLAGS = KernelStruct.offset(LAYOUT, "flags");
    static final long IOEVENTFD = Ioctl.iow(Kvm.TYPE, 0x79, LAYOUT);
    static final int MATCH_DATA = 1;
    static final int DEASSIGN = 4;

    private KvmIoeventfd() {}
}
