package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_msr_entry`, 16 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmMsrEntry {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("index"),
            JAVA_INT.withName("reserved"),
            JAVA_LONG.withName("data"));
    static final long INDEX = KernelStruct.offset(LAYOUT, "index");
    static final long DATA = KernelStruct.offset(LAYOUT, "data");

    private KvmMsrEntry() {}
}
