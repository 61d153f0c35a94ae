package testudo.hypervisor.soft.cpu;

/// Instructions in the form that the interpreter's loop executes: what to do, which registers, and a value, in a long.
///
/// From the lowest bit: 6 bits kind, 2 bits length in units of 16 bits, 5 bits each rd, rs1 and rs2; the high 32 bits are the immediate with
/// its sign, or the whole instruction (expanded) for the kinds whose names begin with `OTHER`. 0 is no instruction.
///
/// A kind's name is that of the instruction. `NOP` is everything that only writes x0, `LI` and `MV` load a constant and copy a register.
final class DecodedInstruction {
    static final int LB = 1;
    static final int LH = 2;
    static final int LW = 3;
    static final int LD = 4;
    static final int LBU = 5;
    static final int LHU = 6;
    static final int LWU = 7;
    static final int SB = 8;
    static final int SH = 9;
    static final int SW = 10;
    static final int SD = 11;
    static final int NOP = 12;
    static final int LI = 13;
    static final int MV = 14;
    static final int AUIPC = 15;
    static final int ADDI = 16;
    static final int SLTI = 17;
    static final int SLTIU = 18;
    static final int XORI = 19;
    static final int ORI = 20;
    static final int ANDI = 21;
    static final int SLLI = 22;
    static final int SRLI = 23;
    static final int SRAI = 24;
    static final int ADDIW = 25;
    static final int SLLIW = 26;
    static final int SRLIW = 27;
    static final int SRAIW = 28;
    static final int ADD = 29;
    static final int SLL = 30;
    static final int SLT = 31;
    static final int SLTU = 32;
    static final int XOR = 33;
    static final int SRL = 34;
    static final int OR = 35;
    static final int AND = 36;
    static final int SUB = 37;
    static final int MUL = 38;
    static final int ADDW = 39;
    static final int SUBW = 40;
    static final int BEQ = 41;
    static final int BNE = 42;
    static final int BLT = 43;
    static final int BGE = 44;
    static final int BLTU = 45;
    static final int BGEU = 46;
    static final int J = 47;
    static final int JAL = 48;
    static final int JR = 49;
    static final int JALR = 50;
    static final int OTHER_LOAD = 51;
    static final int OTHER_IMMEDIATE = 52;
    static final int OTHER_IMMEDIATE_WORD = 53;
    static final int OTHER_REGISTER = 54;
    static final int OTHER_REGISTER_WORD = 55;
    static final int OTHER_ATOMIC = 56;
    static final int OTHER_FLOAT = 57;
    static final int OTHER_MEMORY = 58;
    static final int OTHER_SYSTEM = 59;
    static final int ILLEGAL = 60;

    private static final int OPCODE_LOAD = 0x00;
    private static final int OPCODE_LOAD_FP = 0x01;
    private static final int OPCODE_MISC_MEM = 0x03;
    private static final int OPCODE_OP_IMM = 0x04;
    private static final int OPCODE_AUIPC = 0x05;
    private static final int OPCODE_OP_IMM_32 = 0x06;
    private static final int OPCODE_STORE = 0x08;
    private static final int OPCODE_STORE_FP = 0x09;
    private static final int OPCODE_AMO = 0x0B;
    private static final int OPCODE_OP = 0x0C;
    private static final int OPCODE_LUI = 0x0D;
    private static final int OPCODE_OP_32 = 0x0E;
    private static final int OPCODE_MADD = 0x10;
    private static final int OPCODE_MSUB = 0x11;
    private static final int OPCODE_NMSUB = 0x12;
    private static final int OPCODE_NMADD = 0x13;
    private static final int OPCODE_OP_FP = 0x14;
    private static final int OPCODE_BRANCH = 0x18;
    private static final int OPCODE_JALR = 0x19;
    private static final int OPCODE_JAL = 0x1B;
    private static final int OPCODE_SYSTEM = 0x1C;
    private static final int NEGATED = 0x20;
    private static final int MULTIPLY = 0x01;

    private DecodedInstruction() {}

    /// Decodes an instruction.
    /// @param fetched its 32 bits; of a 16-bit instruction the low half counts
    /// @return not 0
    static long decode(int fetched) {
        boolean isWhole = (fetched & 3) == 3;
        int insn = isWhole ? fetched : Decoder.expand(fetched);
        return decode32(insn) | (isWhole ? 2 : 1) << 6 | (insn & 0xF80L) << 1 | (insn >>> 15 & 31L) << 13 | (insn >>> 20 & 31L) << 18;
    }

    /// The length of an instruction, in units of 16 bits.
    static int halves(long decoded) {
        return (int) decoded >>> 6 & 3;
    }

    static int rd(long decoded) {
        return (int) decoded >>> 8 & 31;
    }

    static int rs1(long decoded) {
        return (int) decoded >>> 13 & 31;
    }

    static int rs2(long decoded) {
        return (int) decoded >>> 18 & 31;
    }

    static long immediate(long decoded) {
        return decoded >> 32;
    }

    private static long decode32(int insn) {
        int function = insn >>> 12 & 7;
        boolean discards = (insn & 0xF80) == 0;
        return switch (insn >>> 2 & 31) {
            case OPCODE_LOAD -> discards || function == 7 ? of(OTHER_LOAD, insn) : of(LB + function, Decoder.immediateI(insn));
            case OPCODE_STORE -> function > 3 ? ILLEGAL : of(SB + function, Decoder.immediateS(insn));
            case OPCODE_OP_IMM -> immediate(insn, function, discards);
            case OPCODE_OP_IMM_32 -> immediateWord(insn, function, discards);
            case OPCODE_OP -> register(insn, function, discards);
            case OPCODE_OP_32 -> registerWord(insn, function, discards);
            case OPCODE_LUI -> discards ? NOP : of(LI, Decoder.immediateU(insn));
            case OPCODE_AUIPC -> discards ? NOP : of(AUIPC, Decoder.immediateU(insn));
            case OPCODE_BRANCH -> switch (function) {
                case 0, 1 -> of(BEQ + function, Decoder.immediateB(insn));
                case 2, 3 -> ILLEGAL;
                default -> of(BLT + function - 4, Decoder.immediateB(insn));
            };
            case OPCODE_JAL -> of(discards ? J : JAL, Decoder.immediateJ(insn));
            case OPCODE_JALR -> function != 0 ? ILLEGAL : of(discards ? JR : JALR, Decoder.immediateI(insn));
            case OPCODE_AMO -> of(OTHER_ATOMIC, insn);
            case OPCODE_LOAD_FP,
                    OPCODE_STORE_FP,
                    OPCODE_MADD,
                    OPCODE_MSUB,
                    OPCODE_NMSUB,
                    OPCODE_NMADD,
                    OPCODE_OP_FP -> of(OTHER_FLOAT, insn);
            case OPCODE_MISC_MEM -> of(OTHER_MEMORY, insn);
            case OPCODE_SYSTEM -> of(OTHER_SYSTEM, insn);
            default -> ILLEGAL;
        };
    }

    private static long immediate(int insn, int function, boolean discards) {
        if (function == 1 || function == 5) {
            int kind = switch (insn >>> 26 << 3 | function) {
                case 1 -> SLLI;
                case 5 -> SRLI;
                case NEGATED >>> 1 << 3 | 5 -> SRAI;
                default -> OTHER_IMMEDIATE;
            };
            return kind == OTHER_IMMEDIATE ? of(kind, insn) : discards ? NOP : of(kind, insn >>> 20 & 63);
        }
        if (discards) {
            return NOP;
        }
        long value = Decoder.immediateI(insn);
        return switch (function) {
            case 0 -> of((insn >>> 15 & 31) == 0 ? LI : value == 0 ? MV : ADDI, value);
            case 2, 3, 4 -> of(SLTI + function - 2, value);
            default -> of(ORI + function - 6, value);
        };
    }

    private static long immediateWord(int insn, int function, boolean discards) {
        int kind = function == 0
                ? ADDIW
                : switch (insn >>> 25 << 3 | function) {
                    case 1 -> SLLIW;
                    case 5 -> SRLIW;
                    case NEGATED << 3 | 5 -> SRAIW;
                    default -> OTHER_IMMEDIATE_WORD;
                };
        return kind == OTHER_IMMEDIATE_WORD
                ? of(kind, insn)
                : discards ? NOP : of(kind, kind == ADDIW ? Decoder.immediateI(insn) : insn >>> 20 & 31);
    }

    private static long register(int insn, int function, boolean discards) {
        int kind = switch (insn >>> 25) {
            case 0 -> ADD + function;
            case NEGATED -> function == 0 ? SUB : OTHER_REGISTER;
            case MULTIPLY -> function == 0 ? MUL : OTHER_REGISTER;
            default -> OTHER_REGISTER;
        };
        return kind == OTHER_REGISTER ? of(kind, insn) : discards ? NOP : kind;
    }

    private static long registerWord(int insn, int function, boolean discards) {
        int kind = function != 0
                ? OTHER_REGISTER_WORD
                : switch (insn >>> 25) {
                    case 0 -> ADDW;
                    case NEGATED -> SUBW;
                    default -> OTHER_REGISTER_WORD;
                };
        return kind == OTHER_REGISTER_WORD ? of(kind, insn) : discards ? NOP : kind;
    }

    private static long of(int kind, long value) {
        return value << 32 | kind;
    }
}
