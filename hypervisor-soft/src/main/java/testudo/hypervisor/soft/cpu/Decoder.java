package testudo.hypervisor.soft.cpu;

/// The one form of instructions that everything behind the fetch knows: 32 bits, as the base instruction set encodes them.
///
/// A 16-bit instruction is turned into the 32-bit instruction that it stands for; only its length remains different.
/// Source: RISC-V Unprivileged ISA, "C Extension for Compressed Instructions".
public final class Decoder {
    /// Stands for every 16-bit encoding that is reserved: an instruction that is illegal.
    public static final int ILLEGAL = 0x7F;

    private static final int LOAD = 0x03;
    private static final int LOAD_FP = 0x07;
    private static final int OP_IMM = 0x13;
    private static final int OP_IMM_32 = 0x1B;
    private static final int STORE = 0x23;
    private static final int STORE_FP = 0x27;
    private static final int OP = 0x33;
    private static final int LUI = 0x37;
    private static final int OP_32 = 0x3B;
    private static final int BRANCH = 0x63;
    private static final int JALR = 0x67;
    private static final int JAL = 0x6F;
    private static final int EBREAK = 0x00100073;
    private static final int SUBTRACT = 0x20 << 25;
    private static final int WORD = 2;
    private static final int DOUBLE = 3;
    private static final int SP = 2;

    private static final int[] EXPANDED = new int[1 << 16];

    static {
        for (int half = 0; half < EXPANDED.length; half++) {
            EXPANDED[half] = (half & 3) == 3 ? ILLEGAL : decode(half);
        }
    }

    private Decoder() {}

    /// The 32-bit instruction that a 16-bit one stands for.
    /// @param half its bits, the two lowest not 11
    /// @return an instruction, or [#ILLEGAL]
    public static int expand(int half) {
        return EXPANDED[half & 0xFFFF];
    }

    /// The immediate of an I-type instruction.
    /// @param insn the instruction
    /// @return -2048 to 2047
    public static long immediateI(int insn) {
        return insn >> 20;
    }

    /// The immediate of an S-type instruction.
    /// @param insn the instruction
    /// @return -2048 to 2047
    public static long immediateS(int insn) {
        int value = insn >> 25 << 5 | (insn >>> 7 & 31);
        return value;
    }

    /// The immediate of a B-type instruction.
    /// @param insn the instruction
    /// @return -4096 to 4094, even
    public static long immediateB(int insn) {
        int value = insn >> 31 << 12 | (insn & 0x80) << 4 | (insn >>> 20 & 0x7E0) | (insn >>> 7 & 0x1E);
        return value;
    }

    /// The immediate of a U-type instruction.
    /// @param insn the instruction
    /// @return a multiple of 4096, sign-extended
    public static long immediateU(int insn) {
        return insn & 0xFFFFF000;
    }

    /// The immediate of a J-type instruction.
    /// @param insn the instruction
    /// @return even, 21 bits with sign
    public static long immediateJ(int insn) {
        int value = insn >> 31 << 20 | (insn & 0xFF000) | (insn >>> 9 & 0x800) | (insn >>> 20 & 0x7FE);
        return value;
    }

    private static int decode(int c) {
        return switch (c & 3) {
            case 0 -> quadrant0(c);
            case 1 -> quadrant1(c);
            default -> quadrant2(c);
        };
    }

    private static int quadrant0(int c) {
        int low = 8 + (c >>> 2 & 7);
        int base = 8 + (c >>> 7 & 7);
        int word = bits(c, 10, 3, 3) | bits(c, 6, 1, 2) | bits(c, 5, 1, 6);
        int twice = bits(c, 10, 3, 3) | bits(c, 5, 2, 6);
        return switch (c >>> 13) {
            case 0 -> {
                int immediate = bits(c, 11, 2, 4) | bits(c, 7, 4, 6) | bits(c, 6, 1, 2) | bits(c, 5, 1, 3);
                yield immediate == 0 ? ILLEGAL : immediate(OP_IMM, low, 0, SP, immediate);
            }
            case 1 -> immediate(LOAD_FP, low, DOUBLE, base, twice);
            case 2 -> immediate(LOAD, low, WORD, base, word);
            case 3 -> immediate(LOAD, low, DOUBLE, base, twice);
            case 5 -> store(STORE_FP, DOUBLE, base, low, twice);
            case 6 -> store(STORE, WORD, base, low, word);
            case 7 -> store(STORE, DOUBLE, base, low, twice);
            default -> ILLEGAL;
        };
    }

    private static int quadrant1(int c) {
        int rd = c >>> 7 & 31;
        int value = bits(c, 2, 5, 0) | signed(c, 5);
        return switch (c >>> 13) {
            case 0 -> immediate(OP_IMM, rd, 0, rd, value);
            case 1 -> rd == 0 ? ILLEGAL : immediate(OP_IMM_32, rd, 0, rd, value);
            case 2 -> immediate(OP_IMM, rd, 0, 0, value);
            case 3 -> upper(c, rd, value);
            case 4 -> arithmetic(c, 8 + (rd & 7), value);
            case 5 -> jump(bits(c, 3, 3, 1) | bits(c, 11, 1, 4) | bits(c, 2, 1, 5) | bits(c, 7, 1, 6) | bits(c, 6, 1, 7)
                    | bits(c, 9, 2, 8) | bits(c, 8, 1, 10) | signed(c, 11));
            default -> branch(
                    c >>> 13 & 1,
                    8 + (rd & 7),
                    bits(c, 3, 2, 1) | bits(c, 10, 2, 3) | bits(c, 2, 1, 5) | bits(c, 5, 2, 6) | signed(c, 8));
        };
    }

    private static int upper(int c, int rd, int value) {
        if (rd == SP) {
            int immediate = bits(c, 6, 1, 4) | bits(c, 2, 1, 5) | bits(c, 5, 1, 6) | bits(c, 3, 2, 7) | signed(c, 9);
            return immediate == 0 ? ILLEGAL : immediate(OP_IMM, SP, 0, SP, immediate);
        }
        return value == 0 ? ILLEGAL : LUI | rd << 7 | value << 12;
    }

    private static int arithmetic(int c, int rd, int value) {
        int other = 8 + (c >>> 2 & 7);
        int shift = value & 63;
        return switch (c >>> 10 & 3) {
            case 0 -> immediate(OP_IMM, rd, 5, rd, shift);
            case 1 -> immediate(OP_IMM, rd, 5, rd, shift | 0x400);
            case 2 -> immediate(OP_IMM, rd, 7, rd, value);
            default -> switch ((c >>> 10 & 4) | (c >>> 5 & 3)) {
                case 0 -> register(OP, rd, 0, other) | SUBTRACT;
                case 1 -> register(OP, rd, 4, other);
                case 2 -> register(OP, rd, 6, other);
                case 3 -> register(OP, rd, 7, other);
                case 4 -> register(OP_32, rd, 0, other) | SUBTRACT;
                case 5 -> register(OP_32, rd, 0, other);
                default -> ILLEGAL;
            };
        };
    }

    private static int quadrant2(int c) {
        int rd = c >>> 7 & 31;
        int other = c >>> 2 & 31;
        int twice = bits(c, 5, 2, 3) | bits(c, 12, 1, 5) | bits(c, 2, 3, 6);
        int word = bits(c, 4, 3, 2) | bits(c, 12, 1, 5) | bits(c, 2, 2, 6);
        int storeTwice = bits(c, 10, 3, 3) | bits(c, 7, 3, 6);
        return switch (c >>> 13) {
            case 0 -> immediate(OP_IMM, rd, 1, rd, other | bits(c, 12, 1, 5));
            case 1 -> immediate(LOAD_FP, rd, DOUBLE, SP, twice);
            case 2 -> rd == 0 ? ILLEGAL : immediate(LOAD, rd, WORD, SP, word);
            case 3 -> rd == 0 ? ILLEGAL : immediate(LOAD, rd, DOUBLE, SP, twice);
            case 4 -> jumpOrMove((c & 0x1000) != 0, rd, other);
            case 5 -> store(STORE_FP, DOUBLE, SP, other, storeTwice);
            case 6 -> store(STORE, WORD, SP, other, bits(c, 9, 4, 2) | bits(c, 7, 2, 6));
            default -> store(STORE, DOUBLE, SP, other, storeTwice);
        };
    }

    private static int jumpOrMove(boolean linksOrAdds, int rd, int other) {
        if (other != 0) {
            return linksOrAdds ? register(OP, rd, 0, other) : OP | rd << 7 | other << 20;
        }
        if (rd == 0) {
            return linksOrAdds ? EBREAK : ILLEGAL;
        }
        return immediate(JALR, linksOrAdds ? 1 : 0, 0, rd, 0);
    }

    private static int bits(int value, int from, int count, int to) {
        return (value >>> from & (1 << count) - 1) << to;
    }

    /// Bit 12 as a sign that starts at a position.
    private static int signed(int c, int to) {
        return (c & 0x1000) == 0 ? 0 : -1 << to;
    }

    private static int immediate(int opcode, int rd, int function, int rs1, int value) {
        return opcode | rd << 7 | function << 12 | rs1 << 15 | value << 20;
    }

    private static int register(int opcode, int rd, int function, int rs2) {
        return opcode | rd << 7 | function << 12 | rd << 15 | rs2 << 20;
    }

    private static int store(int opcode, int function, int rs1, int rs2, int value) {
        return opcode | (value & 31) << 7 | function << 12 | rs1 << 15 | rs2 << 20 | value >> 5 << 25;
    }

    private static int branch(int function, int rs1, int value) {
        return BRANCH | bits(value, 11, 1, 7) | bits(value, 1, 4, 8) | function << 12 | rs1 << 15 | bits(value, 5, 6, 25)
                | bits(value, 12, 1, 31);
    }

    private static int jump(int value) {
        return JAL | (value & 0xFF000) | bits(value, 11, 1, 20) | bits(value, 1, 10, 21) | bits(value, 20, 1, 31);
    }
}
