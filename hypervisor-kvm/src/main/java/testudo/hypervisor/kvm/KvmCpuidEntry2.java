package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_cpuid_entry2`, 40 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmCpuidEntry2 {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("function"),
            JAVA_INT.withName("index"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("eax"),
            JAVA_INT.withName("ebx"),
            JAVA_INT.withName("ecx"),
            JAVA_INT.withName("edx"),
            paddingLayout(12));
    static final long FUNCTION = KernelStruct.offset(LAYOUT, "function");
    static final long INDEX = KernelStruct.offset(LAYOUT, "index");
    static final long FLAGS = KernelStruct.offset(LAYOUT, "flags");
    static final long EAX = KernelStruct.offset(LAYOUT, "eax");
    static final long EBX = KernelStruct.offset(LAYOUT, "ebx");
    static final long ECX = KernelStruct.offset(LAYOUT, "ecx");
    static final long EDX = KernelStruct.offset(LAYOUT, "edx");
    static final int SIGNIFICANT_INDEX = 1;

    private KvmCpuidEntry2() {}
}
