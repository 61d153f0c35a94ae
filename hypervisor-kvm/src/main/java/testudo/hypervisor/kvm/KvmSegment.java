package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_segment`, 24 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmSegment {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("base"),
            JAVA_INT.withName("limit"),
            JAVA_SHORT.withName("selector"),
            JAVA_BYTE.withName("type"),
            JAVA_BYTE.withName("present"),
            JAVA_BYTE.withName("dpl"),
            JAVA_BYTE.withName("db"),
            JAVA_BYTE.withName("s"),
            JAVA_BYTE.withName("l"),
            JAVA_BYTE.withName("g"),
            JAVA_BYTE.withName("avl"),
            JAVA_BYTE.withName("unusable"),
            paddingLayout(1));
    static final long BASE = KernelStruct.offset(LAYOUT, "base");
    static final long LIMIT = KernelStruct.offset(LAYOUT, "limit");
    static final long SELECTOR = KernelStruct.offset(LAYOUT, "selector");
    static final long TYPE = KernelStruct.offset(LAYOUT, "type");
    static final long PRESENT = KernelStruct.offset(LAYOUT, "present");
    static final long DPL = KernelStruct.offset(LAYOUT, "dpl");
    static final long DB = KernelStruct.offset(LAYOUT, "db");
    static final long S = KernelStruct.offset(LAYOUT, "s");
    static final long L = KernelStruct.offset(LAYOUT, "l");
    static final long G = KernelStruct.offset(LAYOUT, "g");
    static final long AVL = KernelStruct.offset(LAYOUT, "avl");
    static final long UNUSABLE = KernelStruct.offset(LAYOUT, "unusable");

    private KvmSegment() {}
}
