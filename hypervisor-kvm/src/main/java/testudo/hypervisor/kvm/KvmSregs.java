package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_sregs`, 312 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmSregs {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            KvmSegment.LAYOUT.withName("cs"),
            KvmSegment.LAYOUT.withName("ds"),
            KvmSegment.LAYOUT.withName("es"),
            KvmSegment.LAYOUT.withName("fs"),
            KvmSegment.LAYOUT.withName("gs"),
            KvmSegment.LAYOUT.withName("ss"),
            KvmSegment.LAYOUT.withName("tr"),
            KvmSegment.LAYOUT.withName("ldt"),
            KvmDtable.LAYOUT.withName("gdt"),
            KvmDtable.LAYOUT.withName("idt"),
            JAVA_LONG.withName("cr0"),
            JAVA_LONG.withName("cr2"),
            JAVA_LONG.withName("cr3"),
            JAVA_LONG.withName("cr4"),
            JAVA_LONG.withName("cr8"),
            JAVA_LONG.withName("efer"),
            JAVA_LONG.withName("apic_base"),
            MemoryLayout.sequenceLayout(4, JAVA_LONG).withName("interrupt_bitmap"));
    static final long CS = KernelStruct.offset(LAYOUT, "cs");
    static final long DS = KernelStruct.offset(LAYOUT, "ds");
    static final long ES = KernelStruct.offset(LAYOUT, "es");
    static final long FS = KernelStruct.offset(LAYOUT, "fs");
    static final long GS = KernelStruct.offset(LAYOUT, "gs");
    static final long SS = KernelStruct.offset(LAYOUT, "ss");
    static final long TR = KernelStruct.offset(LAYOUT, "tr");
    static final long GDT = KernelStruct.offset(LAYOUT, "gdt");
    static final long IDT = KernelStruct.offset(LAYOUT, "idt");
    static final long CR0 = KernelStruct.offset(LAYOUT, "cr0");
    static final long CR2 = KernelStruct.offset(LAYOUT, "cr2");
    static final long CR3 = KernelStruct.offset(LAYOUT, "cr3");
    static final long CR4 = KernelStruct.offset(LAYOUT, "cr4");
    static final long EFER = KernelStruct.offset(LAYOUT, "efer");
    static final long GET = Ioctl.ior(Kvm.TYPE, 0x83, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x84, LAYOUT);

    private KvmSregs() {}
}
