package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.KernelStruct;
import testudo.spi.hypervisor.RegisterAccess;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.MsrValue;
import testudo.spi.x86.X86BootState;
import testudo.spi.x86.X86BootState.SystemRegisters;
import testudo.spi.x86.X86Segment;

/// The registers of an x86 vCPU that does not run. A new vCPU of KVM is in its reset state; that is kept, so that a later reset
/// can put it back, and every boot state starts from it.
final class X86VcpuState implements RegisterAccess {
    private static final long CR0_PE_PG = 0x8000_0001L;
    private static final long RFLAGS_FIXED = 2;
    private static final short FCW_DEFAULT = 0x37F;
    private static final int MXCSR_DEFAULT = 0x1F80;
    private static final int LVT_MASK_AND_MODE = 0x1_0700;
    private static final int LVT_EXTINT = 0x700;
    private static final int LVT_NMI = 0x400;
    private static final String[] GENERAL = {
            "rip", "rflags", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12", "r13",
            "r14", "r15"
    };
    private static final String[] CONTROL = {"cr0", "cr2", "cr3", "cr4", "cr8", "efer", "apic_base"};
    private static final String[] SEGMENTS = {"cs", "ds", "es", "fs", "gs", "ss", "tr", "ldt"};

    private final Descriptor vcpu;
    private final int index;
    private final boolean localApic;
    private final MemorySegment resetRegs;
    private final MemorySegment resetSregs;
    private final MemorySegment regs;
    private final MemorySegment sregs;
    private final MemorySegment scratch;
    private final List<Saved> others = new ArrayList<>();
    private final X86Msrs msrs;
    private List<CpuidEntry> cpuid = List.of();
    private boolean reset = true;

    /// A part of the reset state that is put back as a whole.
    private record Saved(long request, MemorySegment content) {}

    X86VcpuState(Descriptor vcpu, int index, boolean localApic, KvmSystem system, Arena arena) {
        this.vcpu = vcpu;
        this.index = index;
        this.localApic = localApic;
        resetRegs = read(KvmRegs.GET, KvmRegs.LAYOUT, arena);
        resetSregs = read(KvmSregs.GET, KvmSregs.LAYOUT, arena);
        regs = arena.allocate(KvmRegs.LAYOUT);
        sregs = arena.allocate(KvmSregs.LAYOUT);
        scratch = arena.allocate(KvmTranslation.LAYOUT);
        others.add(system.extension(Kvm.CAP_XSAVE) != 0 // vectors too, beyond what the older call knows
                ? new Saved(KvmXsave.SET, read(KvmXsave.GET, KvmXsave.LAYOUT, arena))
                : new Saved(KvmFpu.SET, read(KvmFpu.GET, KvmFpu.LAYOUT, arena)));
        if (system.extension(Kvm.CAP_XCRS) != 0) {
            others.add(new Saved(KvmXcrs.SET, read(KvmXcrs.GET, KvmXcrs.LAYOUT, arena)));
        }
        if (system.extension(Kvm.CAP_DEBUGREGS) != 0) {
            others.add(new Saved(KvmDebugregs.SET, read(KvmDebugregs.GET, KvmDebugregs.LAYOUT, arena)));
        }
        if (localApic) {
            others.add(new Saved(KvmLapicState.SET, read(KvmLapicState.GET, KvmLapicState.LAYOUT, arena)));
        }
        if (system.extension(Kvm.CAP_VCPU_EVENTS) != 0) {
            others.add(new Saved(KvmVcpuEvents.SET, read(KvmVcpuEvents.GET, KvmVcpuEvents.LAYOUT, arena)));
        }
        msrs = new X86Msrs(vcpu, system.msrIndexList());
    }

    int index() {
        return index;
    }

    /// Notes that guest code may have run since the last [#apply].
    void dirty() {
        reset = false;
    }

    /// Puts the vCPU into a boot state, from whatever state it is in.
    void apply(X86BootState boot) {
        try (Arena arena = Arena.ofConfined()) {
            if (!boot.cpuid().equals(cpuid)) {
                // KVM refuses another table once the vCPU has run; the same one need not be set twice.
                call(KvmCpuid2.SET, X86CpuidTable.write(arena, boot.cpuid()), "CPUID");
                cpuid = boot.cpuid();
            }
            boolean waits = boot.entry().isEmpty() && index != 0;
            writeSpecial(boot);
            if (!reset) {
                for (Saved saved : others) {
                    call(saved.request(), saved.content(), "reset state");
                }
                msrs.restore();
            }
            reset = true;
            for (MsrValue msr : boot.msrs()) {
                msrs.write(msr);
            }
            writeGeneral(boot);
            if (boot.entry().isPresent()) {
                writeFloatingPoint(arena);
            }
            if (localApic) {
                writeLocalInterrupts(boot.lint0ExtInt(), arena);
                MemorySegment run = arena.allocate(KvmMpState.LAYOUT);
                run.set(JAVA_INT, 0, waits ? KvmMpState.UNINITIALIZED : KvmMpState.RUNNABLE);
                call(KvmMpState.SET, run, "run state");
            }
        }
    }

    private void writeGeneral(X86BootState boot) {
        if (boot.entry().isEmpty()) {
            regs.copyFrom(resetRegs);
        } else {
            X86BootState.Entry entry = boot.entry().get();
            regs.fill((byte) 0);
            regs.set(JAVA_LONG, KvmRegs.RIP, entry.rip());
            regs.set(JAVA_LONG, KvmRegs.RSP, entry.rsp());
            regs.set(JAVA_LONG, KvmRegs.RAX, entry.rax());
            regs.set(JAVA_LONG, KvmRegs.RBX, entry.rbx());
            regs.set(JAVA_LONG, KvmRegs.RSI, entry.rsi());
            regs.set(JAVA_LONG, KvmRegs.RFLAGS, RFLAGS_FIXED);
        }
        call(KvmRegs.SET, regs, "registers");
    }

    private void writeSpecial(X86BootState boot) {
        sregs.copyFrom(resetSregs);
        if (boot.entry().isPresent()) {
            SystemRegisters system = boot.entry().get().system();
            segment(KvmSregs.CS, system.cs());
            for (long data : new long[]{KvmSregs.DS, KvmSregs.ES, KvmSregs.FS, KvmSregs.GS, KvmSregs.SS}) {
                segment(data, system.data());
            }
            segment(KvmSregs.TR, system.tr());
            table(KvmSregs.GDT, system.gdtBase(), system.gdtLimit());
            table(KvmSregs.IDT, system.idtBase(), system.idtLimit());
            long cr0 = (sregs.get(JAVA_LONG, KvmSregs.CR0) & ~CR0_PE_PG) | system.cr0();
            sregs.set(JAVA_LONG, KvmSregs.CR0, cr0);
            sregs.set(JAVA_LONG, KvmSregs.CR3, system.cr3());
            sregs.set(JAVA_LONG, KvmSregs.CR4, system.cr4());
            sregs.set(JAVA_LONG, KvmSregs.EFER, system.efer());
        }
        call(KvmSregs.SET, sregs, "special registers");
    }

    private void segment(long at, X86Segment segment) {
        int bits = segment.attributes();
        sregs.set(JAVA_LONG, at + KvmSegment.BASE, segment.base());
        sregs.set(JAVA_INT, at + KvmSegment.LIMIT, segment.limit());
        sregs.set(JAVA_SHORT, at + KvmSegment.SELECTOR, (short) segment.selector());
        sregs.set(JAVA_BYTE, at + KvmSegment.TYPE, (byte) (bits & 0xF));
        sregs.set(JAVA_BYTE, at + KvmSegment.S, bit(bits, 4));
        sregs.set(JAVA_BYTE, at + KvmSegment.DPL, (byte) ((bits >>> 5) & 3));
        sregs.set(JAVA_BYTE, at + KvmSegment.PRESENT, bit(bits, 7));
        sregs.set(JAVA_BYTE, at + KvmSegment.AVL, bit(bits, 12));
        sregs.set(JAVA_BYTE, at + KvmSegment.L, bit(bits, 13));
        sregs.set(JAVA_BYTE, at + KvmSegment.DB, bit(bits, 14));
        sregs.set(JAVA_BYTE, at + KvmSegment.G, bit(bits, 15));
        sregs.set(JAVA_BYTE, at + KvmSegment.UNUSABLE, bit(bits, 16));
    }

    private static byte bit(int bits, int number) {
        return (byte) ((bits >>> number) & 1);
    }

    private void table(long at, long base, int limit) {
        sregs.set(JAVA_LONG, at + KvmDtable.BASE, base);
        sregs.set(JAVA_SHORT, at + KvmDtable.LIMIT, (short) limit);
    }

    private void writeFloatingPoint(Arena arena) {
        MemorySegment fpu = arena.allocate(KvmFpu.LAYOUT);
        fpu.set(JAVA_SHORT, KvmFpu.FCW, FCW_DEFAULT);
        fpu.set(JAVA_INT, KvmFpu.MXCSR, MXCSR_DEFAULT);
        call(KvmFpu.SET, fpu, "floating-point state");
    }

    private void writeLocalInterrupts(boolean lint0ExtInt, Arena arena) {
        if (!lint0ExtInt) {
            return;
        }
        MemorySegment apic = read(KvmLapicState.GET, KvmLapicState.LAYOUT, arena);
        setMode(apic, KvmLapicState.LVT_LINT0, LVT_EXTINT);
        setMode(apic, KvmLapicState.LVT_LINT1, LVT_NMI);
        call(KvmLapicState.SET, apic, "local APIC");
    }

    private static void setMode(MemorySegment apic, long register, int mode) {
        apic.set(JAVA_INT, register, (apic.get(JAVA_INT, register) & ~LVT_MASK_AND_MODE) | mode);
    }

    private MemorySegment read(long request, StructLayout layout, Arena arena) {
        MemorySegment content = arena.allocate(layout);
        call(request, content, "state");
        return content;
    }

    private void call(long request, MemorySegment argument, String what) {
        Errno.check(
                Ioctl.call(vcpu.descriptor(), request, argument.address()),
                "cannot transfer the %s of vCPU %d [hypervisor kvm]".formatted(what, index));
    }

    @Override
    public Map<String, Long> registers() {
        call(KvmRegs.GET, regs, "registers");
        call(KvmSregs.GET, sregs, "special registers");
        Map<String, Long> values = new LinkedHashMap<>();
        for (String name : GENERAL) {
            values.put(name, regs.get(JAVA_LONG, offset(KvmRegs.LAYOUT, name)));
        }
        for (String name : CONTROL) {
            values.put(name, sregs.get(JAVA_LONG, offset(KvmSregs.LAYOUT, name)));
        }
        for (String name : SEGMENTS) {
            long at = offset(KvmSregs.LAYOUT, name);
            values.put(name, (long) Short.toUnsignedInt(sregs.get(JAVA_SHORT, at + KvmSegment.SELECTOR)));
            values.put(name + ".base", sregs.get(JAVA_LONG, at + KvmSegment.BASE));
        }
        values.put("gdt.base", sregs.get(JAVA_LONG, KvmSregs.GDT + KvmDtable.BASE));
        values.put("idt.base", sregs.get(JAVA_LONG, KvmSregs.IDT + KvmDtable.BASE));
        return values;
    }

    private static long offset(StructLayout layout, String name) {
        return KernelStruct.offset(layout, name);
    }

    /// Translates a linear address by the vCPU's page tables.
    /// @return a guest physical address, or -1
    long translate(long linear) {
        scratch.set(JAVA_LONG, KvmTranslation.LINEAR_ADDRESS, linear);
        long result = Ioctl.call(vcpu.descriptor(), KvmTranslation.TRANSLATE, scratch.address());
        boolean valid = result == 0 && scratch.get(JAVA_BYTE, KvmTranslation.VALID) != 0;
        return valid ? scratch.get(JAVA_LONG, KvmTranslation.PHYSICAL_ADDRESS) : -1;
    }

    /// Hands an external interrupt to a vCPU that is ready for it.
    /// @return 0 or a negative errno
    long interrupt(int vector) {
        scratch.set(JAVA_INT, KvmInterrupt.IRQ, vector);
        return Ioctl.call(vcpu.descriptor(), KvmInterrupt.INTERRUPT, scratch.address());
    }
}
