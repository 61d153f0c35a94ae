package testudo.hypervisor.soft.cpu;

import testudo.hypervisor.soft.mmu.GuestTrap;

/// Integer arithmetic that is not in the interpreter's loop: shifts, M, Zba, Zbb and Zbs. Pure functions.
///
/// Source: RISC-V Unprivileged ISA, "M Extension for Integer Multiplication and Division", "B Extension for Bit Manipulation".
public final class IntegerOperations {
    private static final int MULTIPLY = 0x01;
    private static final int UNSIGNED_WORD = 0x04;
    private static final int MIN_MAX = 0x05;
    private static final int SHIFT_ADD = 0x10;
    private static final int BIT_SET = 0x14;
    private static final int NEGATED = 0x20;
    private static final int BIT_CLEAR = 0x24;
    private static final int ROTATE = 0x30;
    private static final int BIT_INVERT = 0x34;
    private static final int ORC_B = 0x287;
    private static final int REV8 = 0x6B8;

    private IntegerOperations() {}

    /// An OP instruction.
    /// @param trap what to throw
    /// @param insn the instruction
    /// @param a register rs1
    /// @param b register rs2
    /// @return register rd
    /// @throws GuestTrap when it is illegal
    public static long register(GuestTrap trap, int insn, long a, long b) {
        int function = insn >>> 12 & 7;
        return switch (insn >>> 25) {
            case 0 -> base(function, a, b);
            case MULTIPLY -> multiply(function, a, b);
            case NEGATED -> negated(trap, function, a, b);
            case MIN_MAX -> minMax(trap, function, a, b);
            case SHIFT_ADD -> switch (function) {
                case 2, 4, 6 -> (a << (function >>> 1)) + b;
                default -> throw illegal(trap);
            };
            case ROTATE -> switch (function) {
                case 1 -> Long.rotateLeft(a, (int) b);
                case 5 -> Long.rotateRight(a, (int) b);
                default -> throw illegal(trap);
            };
            case BIT_SET -> {
                require(trap, function == 1);
                yield a | 1L << b;
            }
            case BIT_CLEAR -> switch (function) {
                case 1 -> a & ~(1L << b);
                case 5 -> a >>> b & 1;
                default -> throw illegal(trap);
            };
            case BIT_INVERT -> {
                require(trap, function == 1);
                yield a ^ 1L << b;
            }
            default -> throw illegal(trap);
        };
    }

    private static long base(int function, long a, long b) {
        return switch (function) {
            case 0 -> a + b;
            case 1 -> a << b;
            case 2 -> a < b ? 1 : 0;
            case 3 -> Long.compareUnsigned(a, b) < 0 ? 1 : 0;
            case 4 -> a ^ b;
            case 5 -> a >>> b;
            case 6 -> a | b;
            default -> a & b;
        };
    }

    private static long negated(GuestTrap trap, int function, long a, long b) {
        return switch (function) {
            case 0 -> a - b;
            case 4 -> ~(a ^ b);
            case 5 -> a >> b;
            case 6 -> a | ~b;
            case 7 -> a & ~b;
            default -> throw illegal(trap);
        };
    }

    private static long minMax(GuestTrap trap, int function, long a, long b) {
        return switch (function) {
            case 4 -> Math.min(a, b);
            case 5 -> Long.compareUnsigned(a, b) < 0 ? a : b;
            case 6 -> Math.max(a, b);
            case 7 -> Long.compareUnsigned(a, b) < 0 ? b : a;
            default -> throw illegal(trap);
        };
    }

    private static long multiply(int function, long a, long b) {
        return switch (function) {
            case 0 -> a * b;
            case 1 -> Math.multiplyHigh(a, b);
            case 2 -> Math.multiplyHigh(a, b) + (a & b >> 63);
            case 3 -> Math.unsignedMultiplyHigh(a, b);
            case 4 -> b == 0 ? -1 : a / b;
            case 5 -> b == 0 ? -1 : Long.divideUnsigned(a, b);
            case 6 -> b == 0 ? a : a % b;
            default -> b == 0 ? a : Long.remainderUnsigned(a, b);
        };
    }

    /// An OP-32 instruction.
    /// @param trap what to throw
    /// @param insn the instruction
    /// @param a register rs1
    /// @param b register rs2
    /// @return register rd
    /// @throws GuestTrap when it is illegal
    public static long registerWord(GuestTrap trap, int insn, long a, long b) {
        int function = insn >>> 12 & 7;
        int left = (int) a;
        int right = (int) b;
        return switch (insn >>> 25) {
            case 0 -> switch (function) {
                case 0 -> left + right;
                case 1 -> left << right;
                case 5 -> left >>> right;
                default -> throw illegal(trap);
            };
            case NEGATED -> switch (function) {
                case 0 -> left - right;
                case 5 -> left >> right;
                default -> throw illegal(trap);
            };
            case MULTIPLY -> multiplyWord(trap, function, left, right);
            case UNSIGNED_WORD -> {
                require(trap, function == 0 || (function == 4 && (insn >>> 20 & 31) == 0));
                yield function == 0 ? (a & 0xFFFFFFFFL) + b : a & 0xFFFF;
            }
            case SHIFT_ADD -> switch (function) {
                case 2, 4, 6 -> ((a & 0xFFFFFFFFL) << (function >>> 1)) + b;
                default -> throw illegal(trap);
            };
            case ROTATE -> switch (function) {
                case 1 -> Integer.rotateLeft(left, right);
                case 5 -> Integer.rotateRight(left, right);
                default -> throw illegal(trap);
            };
            default -> throw illegal(trap);
        };
    }

    private static long multiplyWord(GuestTrap trap, int function, int a, int b) {
        return switch (function) {
            case 0 -> (int) ((long) a * b);
            case 4 -> b == 0 ? -1 : a / b;
            case 5 -> b == 0 ? -1 : Integer.divideUnsigned(a, b);
            case 6 -> b == 0 ? a : a % b;
            case 7 -> b == 0 ? a : Integer.remainderUnsigned(a, b);
            default -> throw illegal(trap);
        };
    }

    /// An OP-IMM instruction with function 1 or 5: shifts, and what hides among them.
    /// @param trap what to throw
    /// @param insn the instruction
    /// @param a register rs1
    /// @return register rd
    /// @throws GuestTrap when it is illegal
    public static long shiftImmediate(GuestTrap trap, int insn, long a) {
        int shift = insn >>> 20 & 63;
        int immediate = insn >>> 20;
        if ((insn >>> 12 & 7) == 1) {
            return switch (insn >>> 26) {
                case 0 -> a << shift;
                case BIT_SET >>> 1 -> a | 1L << shift;
                case BIT_CLEAR >>> 1 -> a & ~(1L << shift);
                case BIT_INVERT >>> 1 -> a ^ 1L << shift;
                case ROTATE >>> 1 -> count(trap, shift, a);
                default -> throw illegal(trap);
            };
        }
        return switch (insn >>> 26) {
            case 0 -> a >>> shift;
            case NEGATED >>> 1 -> a >> shift;
            case BIT_CLEAR >>> 1 -> a >>> shift & 1;
            case ROTATE >>> 1 -> Long.rotateRight(a, shift);
            default -> {
                require(trap, immediate == ORC_B || immediate == REV8);
                yield immediate == REV8 ? Long.reverseBytes(a) : combineBytes(a);
            }
        };
    }

    private static long count(GuestTrap trap, int which, long a) {
        return switch (which) {
            case 0 -> Long.numberOfLeadingZeros(a);
            case 1 -> Long.numberOfTrailingZeros(a);
            case 2 -> Long.bitCount(a);
            case 4 -> (byte) a;
            case 5 -> (short) a;
            default -> throw illegal(trap);
        };
    }

    /// `orc.b`: each byte becomes all ones unless it is zero.
    private static long combineBytes(long a) {
        long low = 0x7F7F7F7F7F7F7F7FL;
        long nonZero = ((a & low) + low | a) & ~low;
        return (nonZero >>> 7) * 0xFF;
    }

    /// An OP-IMM-32 instruction other than `addiw`.
    /// @param trap what to throw
    /// @param insn the instruction
    /// @param a register rs1
    /// @return register rd
    /// @throws GuestTrap when it is illegal
    public static long shiftImmediateWord(GuestTrap trap, int insn, long a) {
        int shift = insn >>> 20 & 31;
        int word = (int) a;
        int function = insn >>> 12 & 7;
        if (function == 1 && insn >>> 26 == UNSIGNED_WORD >>> 1) {
            return (a & 0xFFFFFFFFL) << (insn >>> 20 & 63);
        }
        return switch (insn >>> 25 << 3 | function) {
            case 1 -> word << shift;
            case 5 -> word >>> shift;
            case NEGATED << 3 | 5 -> word >> shift;
            case ROTATE << 3 | 5 -> Integer.rotateRight(word, shift);
            case ROTATE << 3 | 1 -> switch (shift) {
                case 0 -> Integer.numberOfLeadingZeros(word);
                case 1 -> Integer.numberOfTrailingZeros(word);
                case 2 -> Integer.bitCount(word);
                default -> throw illegal(trap);
            };
            default -> throw illegal(trap);
        };
    }

    private static void require(GuestTrap trap, boolean legal) {
        if (!legal) {
            throw illegal(trap);
        }
    }

    private static GuestTrap illegal(GuestTrap trap) {
        return trap.of(GuestTrap.ILLEGAL, 0);
    }
}
