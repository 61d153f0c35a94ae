package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_regs`, 144 bytes, x86 only. Source: `arch/x86/include/uapi/asm/kvm.h`; use: `Documentation/virt/kvm/api.rst`.
final class KvmRegs {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("rax"),
            JAVA_LONG.withName("rbx"),
            JAVA_LONG.withName("rcx"),
            JAVA_LONG.withName("rdx"),
            JAVA_LONG.withName("rsi"),
            JAVA_LONG.withName("rdi"),
            JAVA_LONG.withName("rsp"),
            JAVA_LONG.withName("rbp"),
            JAVA_LONG.withName("r8"),
            JAVA_LONG.withName("r9"),
            JAVA_LONG.withName("r10"),
            JAVA_LONG.withName("r11"),
            JAVA_LONG.withName("r12"),
            JAVA_LONG.withName("r13"),
            JAVA_LONG.withName("r14"),
            JAVA_LONG.withName("r15"),
            JAVA_LONG.withName("rip"),
            JAVA_LONG.withName("rflags"));
    static final long RAX = KernelStruct.offset(LAYOUT, "rax");
    static final long RBX = KernelStruct.offset(LAYOUT, "rbx");
    static final long RSI = KernelStruct.offset(LAYOUT, "rsi");
    static final long RSP = KernelStruct.offset(LAYOUT, "rsp");
    static final long RIP = KernelStruct.offset(LAYOUT, "rip");
    static final long RFLAGS = KernelStruct.offset(LAYOUT, "rflags");
    static final long GET = Ioctl.ior(Kvm.TYPE, 0x81, LAYOUT);
    static final long SET = Ioctl.iow(Kvm.TYPE, 0x82, LAYOUT);

    private KvmRegs() {}
}
