package testudo.hypervisor.soft.cpu;

import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.Tlb;

/// Executes guest instructions one at a time, straight from memory: nothing is kept that a write could make stale.
///
/// The frequent instructions are in one loop, the others in the classes named `…Operations`. HotSpot compiles only methods below 8000
/// bytecodes, which is why the loop is no longer than it is.
public final class Interpreter {
    private static final int LOAD = 0x00;
    private static final int LOAD_FP = 0x01;
    private static final int MISC_MEM = 0x03;
    private static final int OP_IMM = 0x04;
    private static final int AUIPC = 0x05;
    private static final int OP_IMM_32 = 0x06;
    private static final int STORE = 0x08;
    private static final int STORE_FP = 0x09;
    private static final int AMO = 0x0B;
    private static final int OP = 0x0C;
    private static final int LUI = 0x0D;
    private static final int OP_32 = 0x0E;
    private static final int MADD = 0x10;
    private static final int MSUB = 0x11;
    private static final int NMSUB = 0x12;
    private static final int NMADD = 0x13;
    private static final int OP_FP = 0x14;
    private static final int BRANCH = 0x18;
    private static final int JALR = 0x19;
    private static final int JAL = 0x1B;
    private static final int SYSTEM = 0x1C;
    /// Offset in a page of the instruction that may cross into the next one.
    private static final long LAST_HALF = 4094;
    private static final long NO_PAGE = -1;

    private Interpreter() {}

    /// Executes instructions until the budget is used up, something asks for attention, or a jump, a trap or a return from one leads to where
    /// [JumpTargets#stopsAt] says so. Traps of the guest are entered, and count as an instruction.
    /// Attention is looked at after taken branches and jumps, traps, stores to devices and system instructions.
    /// @param hart the hart, whose thread this is
    /// @param budget how many instructions at most, 1 or more
    /// @return how many were executed; they have been added to [Hart#retired]
    public static int run(Hart hart, int budget) {
        long[] x = hart.x;
        Mmu mmu = hart.mmu;
        long pc = hart.pc;
        int done = 0;
        int counted = 0;
        int fetched = 0;
        boolean leave = false;
        long page = NO_PAGE; // that of the program counter, as long as nothing can have changed its translation
        long pageOffset = 0;
        while (done < budget && !leave) {
            try {
                while (done < budget && !leave) {
                    hart.pc = pc;
                    if ((pc & Tlb.PAGE) == page && (pc & ~Tlb.PAGE) != LAST_HALF) {
                        fetched = mmu.instruction(pc + pageOffset);
                    } else {
                        fetched = 0;
                        fetched = mmu.fetch(pc);
                        page = mmu.tlb.fetches(pc) ? pc & Tlb.PAGE : NO_PAGE;
                        pageOffset = mmu.tlb.fetchDelta(pc);
                    }
                    done++;
                    long next = pc + 4;
                    int insn = fetched;
                    if ((insn & 3) != 3) {
                        insn = Decoder.expand(insn);
                        next = pc + 2;
                    }
                    int rd = insn >>> 7 & 31;
                    int function = insn >>> 12 & 7;
                    int first = insn >>> 15 & 31;
                    int second = insn >>> 20 & 31;
                    switch (insn >>> 2 & 31) {
                        case LOAD -> x[rd] = load(mmu, function, x[first] + (insn >> 20));
                        case STORE -> {
                            store(mmu, function, x[first] + Decoder.immediateS(insn), x[second]);
                            leave = mmu.stopped();
                        }
                        case OP_IMM -> x[rd] = switch (function) {
                            case 0 -> x[first] + (insn >> 20);
                            case 2 -> x[first] < insn >> 20 ? 1 : 0;
                            case 3 -> Long.compareUnsigned(x[first], insn >> 20) < 0 ? 1 : 0;
                            case 4 -> x[first] ^ insn >> 20;
                            case 6 -> x[first] | insn >> 20;
                            case 7 -> x[first] & insn >> 20;
                            default -> IntegerOperations.shiftImmediate(mmu.trap, insn, x[first]);
                        };
                        case OP -> x[rd] = insn >>> 25 != 0
                                ? IntegerOperations.register(mmu.trap, insn, x[first], x[second])
                                : switch (function) {
                                    case 0 -> x[first] + x[second];
                                    case 1 -> x[first] << x[second];
                                    case 2 -> x[first] < x[second] ? 1 : 0;
                                    case 3 -> Long.compareUnsigned(x[first], x[second]) < 0 ? 1 : 0;
                                    case 4 -> x[first] ^ x[second];
                                    case 5 -> x[first] >>> x[second];
                                    case 6 -> x[first] | x[second];
                                    default -> x[first] & x[second];
                                };
                        case OP_IMM_32 -> x[rd] = function == 0
                                ? (int) x[first] + (insn >> 20)
                                : IntegerOperations.shiftImmediateWord(mmu.trap, insn, x[first]);
                        case OP_32 -> x[rd] = insn >>> 25 == 0 && function == 0
                                ? (int) (x[first] + x[second])
                                : IntegerOperations.registerWord(mmu.trap, insn, x[first], x[second]);
                        case LUI -> x[rd] = insn & 0xFFFFF000;
                        case AUIPC -> x[rd] = pc + (insn & 0xFFFFF000);
                        case BRANCH -> {
                            if (taken(mmu, function, x[first], x[second])) {
                                next = pc + Decoder.immediateB(insn);
                                leave = leaves(hart, next);
                            }
                        }
                        case JAL -> {
                            x[rd] = next;
                            next = pc + Decoder.immediateJ(insn);
                            leave = leaves(hart, next);
                        }
                        case JALR -> {
                            if (function != 0) {
                                throw mmu.trap.of(GuestTrap.ILLEGAL, 0);
                            }
                            long target = x[first] + (insn >> 20) & -2;
                            x[rd] = next;
                            next = target;
                            leave = leaves(hart, next);
                        }
                        case AMO -> AtomicOperations.execute(hart, insn);
                        case LOAD_FP, STORE_FP, MADD, MSUB, NMSUB, NMADD, OP_FP -> {
                            FloatOperations.execute(hart, insn);
                            leave = mmu.stopped();
                        }
                        case MISC_MEM -> SystemOperations.memory(hart, insn);
                        case SYSTEM -> {
                            hart.retired += done - counted;
                            counted = done;
                            long behind = next;
                            next = SystemOperations.execute(hart, insn, next);
                            leave = next == behind ? hart.attention() != 0 : leaves(hart, next);
                            page = NO_PAGE;
                        }
                        default -> throw mmu.trap.of(GuestTrap.ILLEGAL, 0);
                    }
                    x[0] = 0;
                    pc = next;
                }
            } catch (GuestTrap trap) {
                if (fetched == 0) {
                    done++;
                } else if (trap.cause == GuestTrap.ILLEGAL) {
                    trap.value = (fetched & 3) == 3 ? Integer.toUnsignedLong(fetched) : fetched & 0xFFFF;
                }
                x[0] = 0;
                hart.enter(trap);
                pc = hart.pc;
                leave = leaves(hart, pc);
                page = NO_PAGE;
            }
        }
        hart.pc = pc;
        hart.retired += done - counted;
        if (mmu.takeStop()) {
            hart.demand(Hart.STOP);
        }
        return done;
    }

    private static boolean leaves(Hart hart, long target) {
        return hart.attention() != 0 || hart.targets.stopsAt(target);
    }

    private static boolean taken(Mmu mmu, int function, long a, long b) {
        return switch (function) {
            case 0 -> a == b;
            case 1 -> a != b;
            case 4 -> a < b;
            case 5 -> a >= b;
            case 6 -> Long.compareUnsigned(a, b) < 0;
            case 7 -> Long.compareUnsigned(a, b) >= 0;
            default -> throw mmu.trap.of(GuestTrap.ILLEGAL, 0);
        };
    }

    private static long load(Mmu mmu, int function, long address) {
        return switch (function) {
            case 0 -> mmu.loadByte(address);
            case 1 -> mmu.loadShort(address);
            case 2 -> mmu.loadInt(address);
            case 3 -> mmu.loadLong(address);
            case 4 -> mmu.loadByte(address) & 0xFF;
            case 5 -> mmu.loadShort(address) & 0xFFFF;
            case 6 -> mmu.loadInt(address) & 0xFFFFFFFFL;
            default -> throw mmu.trap.of(GuestTrap.ILLEGAL, 0);
        };
    }

    private static void store(Mmu mmu, int function, long address, long value) {
        switch (function) {
            case 0 -> mmu.storeByte(address, value);
            case 1 -> mmu.storeShort(address, value);
            case 2 -> mmu.storeInt(address, value);
            case 3 -> mmu.storeLong(address, value);
            default -> throw mmu.trap.of(GuestTrap.ILLEGAL, 0);
        }
    }
}
