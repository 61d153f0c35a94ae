package testudo.hypervisor.soft.cpu;

import java.lang.invoke.VarHandle;
import testudo.hypervisor.soft.mmu.GuestTrap;

/// Instructions that control the hart: SYSTEM and MISC-MEM.
///
/// Source: RISC-V Privileged Architecture, "Supervisor Instructions"; RISC-V Unprivileged ISA, "Zicsr", "Zifencei", "Zawrs", "CMO".
public final class SystemOperations {
    private static final int ECALL = 0x000;
    private static final int EBREAK = 0x001;
    private static final int WRS_NTO = 0x00D;
    private static final int WRS_STO = 0x01D;
    private static final int SRET = 0x102;
    private static final int WFI = 0x105;
    private static final int SFENCE_W_INVAL = 0x180;
    private static final int SFENCE_INVAL_IR = 0x181;
    private static final int SFENCE_VMA = 0x09;
    private static final int SINVAL_VMA = 0x0B;
    private static final int PAUSE = 0x0100000F;
    private static final int FENCE_W_R = 1 << 24 | 1 << 21;
    private static final int CBO_INVAL = 0;
    private static final int CBO_CLEAN = 1;
    private static final int CBO_FLUSH = 2;
    private static final int CBO_ZERO = 4;
    private static final long ALLOW_INVALIDATE = 3 << 4;
    private static final long ALLOW_CLEAN = 1 << 6;
    private static final long ALLOW_ZERO = 1 << 7;

    private SystemOperations() {}

    /// Executes a SYSTEM instruction. Entry 0 of the registers may be written: the caller clears it. The caller looks at [Hart#attention] afterwards.
    /// @param hart the hart, its count of executed instructions up to date
    /// @param insn the instruction
    /// @param next the address of the instruction behind it
    /// @return the address to go on at
    /// @throws GuestTrap when it traps; then nothing has changed
    public static long execute(Hart hart, int insn, long next) {
        if ((insn & 0x7000) != 0) {
            accessRegister(hart, insn);
            return next;
        }
        if ((insn >>> 7 & 31) != 0) {
            throw illegal(hart);
        }
        int function = insn >>> 25;
        if (function == SFENCE_VMA || function == SINVAL_VMA) {
            requireSupervisor(hart);
            int register = insn >>> 15 & 31;
            if (register == 0) {
                hart.mmu.flush();
            } else {
                hart.mmu.flush(hart.x[register]);
            }
            return next;
        }
        if ((insn >>> 15 & 31) != 0) {
            throw illegal(hart);
        }
        return control(hart, insn >>> 20, next);
    }

    private static long control(Hart hart, int which, long next) {
        switch (which) {
            case ECALL -> {
                if (hart.privilege() == Hart.USER) {
                    throw hart.mmu.trap.of(GuestTrap.ECALL_USER, 0);
                }
                hart.pc = next;
                hart.callFirmware();
                return hart.pc;
            }
            case EBREAK -> throw hart.mmu.trap.of(GuestTrap.BREAKPOINT, hart.pc);
            case SRET -> {
                requireSupervisor(hart);
                return hart.registers.leave();
            }
            case WFI -> {
                requireSupervisor(hart);
                hart.demand(Hart.WAIT);
            }
            case WRS_NTO, WRS_STO -> Thread.yield();
            case SFENCE_W_INVAL, SFENCE_INVAL_IR -> requireSupervisor(hart);
            default -> throw illegal(hart);
        }
        return next;
    }

    private static void accessRegister(Hart hart, int insn) {
        int number = insn >>> 20;
        int rd = insn >>> 7 & 31;
        int source = insn >>> 15 & 31;
        int function = insn >>> 12 & 7;
        long operand = function < 4 ? hart.x[source] : source;
        ControlRegisters registers = hart.registers;
        switch (function & 3) {
            case 1 -> {
                long old = rd == 0 ? 0 : registers.read(number, true);
                registers.write(number, operand);
                hart.x[rd] = old;
            }
            case 2, 3 -> {
                long old = registers.read(number, source != 0);
                if (source != 0) {
                    registers.write(number, (function & 3) == 2 ? old | operand : old & ~operand);
                }
                hart.x[rd] = old;
            }
            default -> throw illegal(hart);
        }
    }

    /// Executes a MISC-MEM instruction.
    /// @param hart the hart
    /// @param insn the instruction
    /// @throws GuestTrap when it traps; then nothing has changed
    public static void memory(Hart hart, int insn) {
        switch (insn >>> 12 & 7) {
            case 0 -> fence(insn);
            case 1 -> {
                VarHandle.fullFence();
                hart.fetchEpoch++;
            }
            case 2 -> cacheBlock(hart, insn);
            default -> throw illegal(hart);
        }
    }

    private static void fence(int insn) {
        if (insn == PAUSE) {
            Thread.onSpinWait();
        } else if ((insn & FENCE_W_R) == FENCE_W_R) {
            VarHandle.fullFence();
        } else {
            VarHandle.acquireFence();
            VarHandle.releaseFence();
        }
    }

    private static void cacheBlock(Hart hart, int insn) {
        if ((insn >>> 7 & 31) != 0) {
            throw illegal(hart);
        }
        long address = hart.x[insn >>> 15 & 31];
        long allowed = switch (insn >>> 20) {
            case CBO_INVAL -> ALLOW_INVALIDATE;
            case CBO_CLEAN, CBO_FLUSH -> ALLOW_CLEAN;
            case CBO_ZERO -> ALLOW_ZERO;
            default -> throw illegal(hart);
        };
        if (!hart.registers.environment(allowed)) {
            throw illegal(hart);
        }
        if (insn >>> 20 == CBO_ZERO) {
            hart.mmu.zeroBlock(address);
        } else {
            hart.mmu.checkBlock(address);
        }
    }

    private static void requireSupervisor(Hart hart) {
        if (hart.privilege() != Hart.SUPERVISOR) {
            throw illegal(hart);
        }
    }

    private static GuestTrap illegal(Hart hart) {
        return hart.mmu.trap.of(GuestTrap.ILLEGAL, 0);
    }
}
