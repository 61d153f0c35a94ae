package testudo.hypervisor.soft.cpu;

import testudo.hypervisor.soft.mmu.GuestTrap;

/// Floating-point instructions: operands, rounding mode and flags; the arithmetic is in [testudo.hypervisor.soft.fp].
///
/// Source: RISC-V Unprivileged ISA, "F Extension for Single-Precision Floating-Point", "D Extension for Double-Precision Floating-Point".
public final class FloatOperations {
    private static final int LOAD = 0x01;
    private static final int STORE = 0x09;
    private static final int WORD = 2;
    private static final int DOUBLE = 3;
    private static final long BOX = 0xFFFFFFFF00000000L;

    private FloatOperations() {}

    /// Executes a floating-point instruction. Entry 0 of the general registers may be written: the caller clears it.
    /// @param hart the hart
    /// @param insn the instruction
    /// @throws GuestTrap when it is illegal or memory can't be accessed; then nothing has changed
    public static void execute(Hart hart, int insn) {
        if (!hart.registers.floatsOn()) {
            throw illegal(hart);
        }
        int width = insn >>> 12 & 7;
        long base = hart.x[insn >>> 15 & 31];
        switch (insn >>> 2 & 31) {
            case LOAD -> {
                requireWidth(hart, width);
                long address = base + Decoder.immediateI(insn);
                long value = width == WORD ? hart.mmu.loadInt(address) | BOX : hart.mmu.loadLong(address);
                hart.f[insn >>> 7 & 31] = value;
                hart.registers.floatsDirty();
            }
            case STORE -> {
                requireWidth(hart, width);
                long address = base + Decoder.immediateS(insn);
                long value = hart.f[insn >>> 20 & 31];
                if (width == WORD) {
                    hart.mmu.storeInt(address, value);
                } else {
                    hart.mmu.storeLong(address, value);
                }
            }
            default -> FloatArithmetic.execute(hart, insn);
        }
    }

    private static void requireWidth(Hart hart, int width) {
        if (width != WORD && width != DOUBLE) {
            throw illegal(hart);
        }
    }

    private static GuestTrap illegal(Hart hart) {
        return hart.mmu.trap.of(GuestTrap.ILLEGAL, 0);
    }
}
