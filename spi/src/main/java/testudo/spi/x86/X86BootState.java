package testudo.spi.x86;

import java.util.List;
import java.util.Optional;
import testudo.spi.hypervisor.BootState;

/// How an x86 vCPU starts.
/// @param cpuid its CPUID table
/// @param msrs registers to write, in order
/// @param entry where the boot vCPU starts; empty: the reset state (boot vCPU of firmware) or waiting for INIT/SIPI (the others)
/// @param lint0ExtInt whether LINT0 delivers the PIC's interrupts and LINT1 is NMI, as firmware leaves it
public record X86BootState(
        List<CpuidEntry> cpuid, List<MsrValue> msrs, Optional<Entry> entry, boolean lint0ExtInt) implements BootState {
    private static final int REAL_LIMIT = 0xFFFF;
    private static final int REAL_CODE = 0x9B;
    private static final int REAL_DATA = 0x93;
    private static final int REAL_TASK = 0x8B;

    /// Copies the lists.
    public X86BootState {
        cpuid = List.copyOf(cpuid);
        msrs = List.copyOf(msrs);
    }

    /// Registers at an entry point that is not the reset vector. Those not named here are 0.
    /// @param rip instruction pointer
    /// @param rsp stack pointer
    /// @param rax accumulator
    /// @param rbx base
    /// @param rsi source index
    /// @param system control registers and segments
    public record Entry(long rip, long rsp, long rax, long rbx, long rsi, SystemRegisters system) {}

    /// Where a start-up interrupt starts a vCPU: real mode, at the beginning of a page (Intel SDM volume 3, "MP Initialization Protocol
    /// Algorithm for MP Systems").
    /// @param page address / 4096, 0 to 255
    /// @return the entry
    public static Entry startup(int page) {
        X86Segment code = new X86Segment(page << 8, (long) page << 12, REAL_LIMIT, REAL_CODE);
        X86Segment data = new X86Segment(0, 0, REAL_LIMIT, REAL_DATA);
        X86Segment task = new X86Segment(0, 0, REAL_LIMIT, REAL_TASK);
        return new Entry(0, 0, 0, 0, 0, new SystemRegisters(code, data, task, 0, REAL_LIMIT, 0, REAL_LIMIT, 0, 0, 0, 0));
    }

    /// Control registers and segments.
    /// @param cs code
    /// @param data DS, ES, FS, GS and SS
    /// @param tr task register
    /// @param gdtBase linear address
    /// @param gdtLimit bytes - 1
    /// @param idtBase linear address
    /// @param idtLimit bytes - 1
    /// @param cr0 bits to be set; bits not named keep their reset value except PE and PG, which are taken from here
    /// @param cr3 page table root
    /// @param cr4 value
    /// @param efer value
    public record SystemRegisters(
            X86Segment cs,
            X86Segment data,
            X86Segment tr,
            long gdtBase,
            int gdtLimit,
            long idtBase,
            int idtLimit,
            long cr0,
            long cr3,
            long cr4,
            long efer) {}
}
