package testudo.hypervisor.soft.cpu;

import static testudo.hypervisor.soft.cpu.DecodedInstruction.*;

import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Objects;
import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;

/// Executes guest instructions one at a time, from lines of decoded code ([DecodedCode]).
///
/// The frequent instructions are in one loop, the others in the classes named `…Operations`. HotSpot compiles only methods below 8000
/// bytecodes, which is why the loop is no longer than it is.
public final class Interpreter {
    private static final long[] NO_LINE = {};

    static {
        // HotSpot leaves calls of classes that are not initialized out of compiled code, and throws it away at the first of them.
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            for (Class<?> type : List.of(AtomicOperations.class, FloatOperations.class, FloatArithmetic.class, IntegerOperations.class,
                    SystemOperations.class)) {
                lookup.ensureInitialized(type);
            }
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private Interpreter() {}

    /// Executes instructions until the budget is used up, something asks for attention, or a jump, a trap or a return from one leads to where
    /// [JumpTargets#stopsAt] says so. Traps of the guest are entered, and count as an instruction.
    /// Attention is looked at after taken branches and jumps, traps, stores to devices and system instructions.
    /// @param hart the hart, whose thread this is
    /// @param budget how many instructions at most, 1 or more
    /// @return how many were executed; they have been added to [Hart#retired]
    public static int run(Hart hart, int budget) {
        long[] x = Objects.requireNonNull(hart.x);
        Mmu mmu = Objects.requireNonNull(hart.mmu);
        int left = budget;
        int counted = budget;
        // The next instruction is at base + 2 * at, in a line that is empty when it has to be looked for.
        long[] line = NO_LINE;
        long base = hart.pc & DecodedCode.LINE;
        int at = (int) (hart.pc - base) >> 1;
        run : while (left > 0) {
            try {
                while (true) {
                    long target;
                    straight : while (true) {
                        if (left == 0) {
                            break run;
                        }
                        left--;
                        if (Integer.compareUnsigned(at, line.length) >= 0) {
                            long pc = base + 2L * at;
                            line = Objects.requireNonNull(hart.code.line(pc, hart.fetchEpoch));
                            base = pc & DecodedCode.LINE;
                            at = (int) (pc - base) >> 1;
                        }
                        long insn = line[at];
                        if (insn == 0) {
                            insn = hart.code.decode(base + 2L * at, line);
                        }
                        switch ((int) insn & 63) {
                            case LB -> x[rd(insn)] = mmu.loadByte(x[rs1(insn)] + immediate(insn));
                            case LH -> x[rd(insn)] = mmu.loadShort(x[rs1(insn)] + immediate(insn));
                            case LW -> x[rd(insn)] = mmu.loadInt(x[rs1(insn)] + immediate(insn));
                            case LD -> x[rd(insn)] = mmu.loadLong(x[rs1(insn)] + immediate(insn));
                            case LBU -> x[rd(insn)] = mmu.loadByte(x[rs1(insn)] + immediate(insn)) & 0xFF;
                            case LHU -> x[rd(insn)] = mmu.loadShort(x[rs1(insn)] + immediate(insn)) & 0xFFFF;
                            case LWU -> x[rd(insn)] = mmu.loadInt(x[rs1(insn)] + immediate(insn)) & 0xFFFFFFFFL;
                            case SB -> mmu.storeByte(x[rs1(insn)] + immediate(insn), x[rs2(insn)]);
                            case SH -> mmu.storeShort(x[rs1(insn)] + immediate(insn), x[rs2(insn)]);
                            case SW -> mmu.storeInt(x[rs1(insn)] + immediate(insn), x[rs2(insn)]);
                            case SD -> mmu.storeLong(x[rs1(insn)] + immediate(insn), x[rs2(insn)]);
                            case NOP -> {}
                            case LI -> x[rd(insn)] = immediate(insn);
                            case MV -> x[rd(insn)] = x[rs1(insn)];
                            case AUIPC -> x[rd(insn)] = base + 2L * at + immediate(insn);
                            case ADDI -> x[rd(insn)] = x[rs1(insn)] + immediate(insn);
                            case SLTI -> x[rd(insn)] = x[rs1(insn)] < immediate(insn) ? 1 : 0;
                            case SLTIU -> x[rd(insn)] = Long.compareUnsigned(x[rs1(insn)], immediate(insn)) < 0 ? 1 : 0;
                            case XORI -> x[rd(insn)] = x[rs1(insn)] ^ immediate(insn);
                            case ORI -> x[rd(insn)] = x[rs1(insn)] | immediate(insn);
                            case ANDI -> x[rd(insn)] = x[rs1(insn)] & immediate(insn);
                            case SLLI -> x[rd(insn)] = x[rs1(insn)] << immediate(insn);
                            case SRLI -> x[rd(insn)] = x[rs1(insn)] >>> immediate(insn);
                            case SRAI -> x[rd(insn)] = x[rs1(insn)] >> immediate(insn);
                            case ADDIW -> x[rd(insn)] = (int) (x[rs1(insn)] + immediate(insn));
                            case SLLIW -> {
                                int word = (int) x[rs1(insn)] << (int) immediate(insn);
                                x[rd(insn)] = word;
                            }
                            case SRLIW -> {
                                int word = (int) x[rs1(insn)] >>> (int) immediate(insn);
                                x[rd(insn)] = word;
                            }
                            case SRAIW -> {
                                int word = (int) x[rs1(insn)] >> (int) immediate(insn);
                                x[rd(insn)] = word;
                            }
                            case ADD -> x[rd(insn)] = x[rs1(insn)] + x[rs2(insn)];
                            case SLL -> x[rd(insn)] = x[rs1(insn)] << x[rs2(insn)];
                            case SLT -> x[rd(insn)] = x[rs1(insn)] < x[rs2(insn)] ? 1 : 0;
                            case SLTU -> x[rd(insn)] = Long.compareUnsigned(x[rs1(insn)], x[rs2(insn)]) < 0 ? 1 : 0;
                            case XOR -> x[rd(insn)] = x[rs1(insn)] ^ x[rs2(insn)];
                            case SRL -> x[rd(insn)] = x[rs1(insn)] >>> x[rs2(insn)];
                            case OR -> x[rd(insn)] = x[rs1(insn)] | x[rs2(insn)];
                            case AND -> x[rd(insn)] = x[rs1(insn)] & x[rs2(insn)];
                            case SUB -> x[rd(insn)] = x[rs1(insn)] - x[rs2(insn)];
                            case MUL -> x[rd(insn)] = x[rs1(insn)] * x[rs2(insn)];
                            case ADDW -> x[rd(insn)] = (int) (x[rs1(insn)] + x[rs2(insn)]);
                            case SUBW -> x[rd(insn)] = (int) (x[rs1(insn)] - x[rs2(insn)]);
                            case BEQ -> {
                                if (x[rs1(insn)] == x[rs2(insn)]) {
                                    target = base + 2L * at + immediate(insn);
                                    break straight;
                                }
                            }
                            case BNE -> {
                                if (x[rs1(insn)] != x[rs2(insn)]) {
                                    target = base + 2L * at + immediate(insn);
                                    break straight;
                                }
                            }
                            case BLT -> {
                                if (x[rs1(insn)] < x[rs2(insn)]) {
                                    target = base + 2L * at + immediate(insn);
                                    break straight;
                                }
                            }
                            case BGE -> {
                                if (x[rs1(insn)] >= x[rs2(insn)]) {
                                    target = base + 2L * at + immediate(insn);
                                    break straight;
                                }
                            }
                            case BLTU -> {
                                if (Long.compareUnsigned(x[rs1(insn)], x[rs2(insn)]) < 0) {
                                    target = base + 2L * at + immediate(insn);
                                    break straight;
                                }
                            }
                            case BGEU -> {
                                if (Long.compareUnsigned(x[rs1(insn)], x[rs2(insn)]) >= 0) {
                                    target = base + 2L * at + immediate(insn);
                                    break straight;
                                }
                            }
                            case J -> {
                                target = base + 2L * at + immediate(insn);
                                break straight;
                            }
                            case JAL -> {
                                x[rd(insn)] = base + 2L * (at + halves(insn));
                                target = base + 2L * at + immediate(insn);
                                break straight;
                            }
                            case JR -> {
                                target = x[rs1(insn)] + immediate(insn) & -2;
                                break straight;
                            }
                            case JALR -> {
                                target = x[rs1(insn)] + immediate(insn) & -2;
                                x[rd(insn)] = base + 2L * (at + halves(insn));
                                break straight;
                            }
                            case OTHER_SYSTEM -> {
                                long next = base + 2L * (at + halves(insn));
                                hart.pc = base + 2L * at;
                                hart.retired += counted - left;
                                counted = left;
                                target = SystemOperations.execute(hart, (int) immediate(insn), next);
                                x[0] = 0;
                                line = NO_LINE;
                                if (target != next) {
                                    break straight;
                                }
                                if (hart.attention() != 0) {
                                    at += halves(insn);
                                    break run;
                                }
                            }
                            case OTHER_MEMORY -> {
                                SystemOperations.memory(hart, (int) immediate(insn));
                                line = NO_LINE;
                            }
                            default -> {
                                other(hart, insn);
                                x[0] = 0;
                            }
                        }
                        at += halves(insn);
                    }
                    if ((target & DecodedCode.LINE) != base) {
                        base = target & DecodedCode.LINE;
                        line = NO_LINE;
                    }
                    at = (int) (target - base) >> 1;
                    if (leaves(hart, target)) {
                        break run;
                    }
                }
            } catch (GuestTrap trap) {
                x[0] = 0;
                hart.pc = base + 2L * at;
                boolean leave = enter(hart, trap);
                line = NO_LINE;
                base = hart.pc & DecodedCode.LINE;
                at = (int) (hart.pc - base) >> 1;
                if (leave) {
                    break;
                }
            }
        }
        hart.pc = base + 2L * at;
        hart.retired += counted - left;
        return budget - left;
    }

    /// Enters the guest's handler, or ends the run.
    /// @return whether the run has to end
    private static boolean enter(Hart hart, GuestTrap trap) {
        if (trap.cause == GuestTrap.STOPPED) {
            hart.stop(hart.code.bits(hart.pc));
            return true;
        }
        if (trap.cause == GuestTrap.ILLEGAL) {
            trap.of(GuestTrap.ILLEGAL, hart.code.bits(hart.pc));
        }
        hart.enter(trap);
        return leaves(hart, hart.pc);
    }

    private static boolean leaves(Hart hart, long target) {
        return hart.attention() != 0 || hart.targets.stopsAt(target);
    }

    /// Executes what is not in the loop. Entry 0 of the registers may be written: the caller clears it.
    private static void other(Hart hart, long decoded) {
        int insn = (int) immediate(decoded);
        long[] x = hart.x;
        GuestTrap trap = hart.mmu.trap;
        long first = x[rs1(decoded)];
        switch ((int) decoded & 63) {
            case OTHER_IMMEDIATE -> x[rd(decoded)] = IntegerOperations.shiftImmediate(trap, insn, first);
            case OTHER_IMMEDIATE_WORD -> x[rd(decoded)] = IntegerOperations.shiftImmediateWord(trap, insn, first);
            case OTHER_REGISTER -> x[rd(decoded)] = IntegerOperations.register(trap, insn, first, x[rs2(decoded)]);
            case OTHER_REGISTER_WORD -> x[rd(decoded)] = IntegerOperations.registerWord(trap, insn, first, x[rs2(decoded)]);
            case OTHER_ATOMIC -> AtomicOperations.execute(hart, insn);
            case OTHER_FLOAT -> FloatOperations.execute(hart, insn);
            case OTHER_LOAD -> loadNowhere(hart.mmu, insn >>> 12 & 7, first + Decoder.immediateI(insn));
            default -> throw trap.of(GuestTrap.ILLEGAL, 0);
        }
    }

    private static void loadNowhere(Mmu mmu, int function, long address) {
        switch (function) {
            case 0, 4 -> mmu.loadByte(address);
            case 1, 5 -> mmu.loadShort(address);
            case 2, 6 -> mmu.loadInt(address);
            case 3 -> mmu.loadLong(address);
            default -> throw mmu.trap.of(GuestTrap.ILLEGAL, 0);
        }
    }
}
