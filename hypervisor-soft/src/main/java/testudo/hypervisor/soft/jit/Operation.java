package testudo.hypervisor.soft.jit;

/// What kinds of instructions there are for a translator, and which registers they name.
final class Operation {
    static final int LOAD = 0x03;
    static final int LOAD_FP = 0x07;
    static final int MISC_MEM = 0x0F;
    static final int OP_IMM = 0x13;
    static final int AUIPC = 0x17;
    static final int OP_IMM_32 = 0x1B;
    static final int STORE = 0x23;
    static final int STORE_FP = 0x27;
    static final int AMO = 0x2F;
    static final int OP = 0x33;
    static final int LUI = 0x37;
    static final int OP_32 = 0x3B;
    static final int MADD = 0x43;
    static final int MSUB = 0x47;
    static final int NMSUB = 0x4B;
    static final int NMADD = 0x4F;
    static final int OP_FP = 0x53;
    static final int BRANCH = 0x63;
    static final int JALR = 0x67;
    static final int JAL = 0x6F;
    static final int SYSTEM = 0x73;

    /// Of a MISC-MEM instruction: `fence`.
    static final int FENCE = 0;
    /// Of a MISC-MEM instruction: those of Zicbom and Zicboz.
    static final int CACHE_BLOCK = 2;

    private static final int SRET = 0x10200073;
    private static final int EBREAK = 0x00100073;

    /// What an instruction means for the shape of a region.
    enum Kind {
        /// Goes on behind it.
        PLAIN,
        /// A conditional branch.
        BRANCH,
        /// A direct jump or call.
        JAL,
        /// An indirect jump, call or return.
        JALR,
        /// Not translated.
        LEAVE
    }

    private Operation() {}

    static Kind kind(int instruction) {
        int function = Fields.funct3(instruction);
        return switch (Fields.opcode(instruction)) {
            case BRANCH -> function == 2 || function == 3 ? Kind.LEAVE : Kind.BRANCH;
            case JAL -> Kind.JAL;
            case JALR -> function == 0 ? Kind.JALR : Kind.LEAVE;
            case LUI, AUIPC -> Kind.PLAIN;
            case LOAD -> plain(function != 7);
            case STORE -> plain(function < 4);
            case LOAD_FP, STORE_FP -> plain(function == 2 || function == 3);
            case OP, OP_32, OP_IMM, OP_IMM_32 -> plain(IntegerOperation.of(instruction) != null);
            case OP_FP, MADD, MSUB, NMSUB, NMADD -> plain(FloatOperation.of(instruction) != null);
            case MISC_MEM -> plain(function == FENCE || function == CACHE_BLOCK);
            case AMO -> plain(isAtomic(instruction));
            case SYSTEM -> plain(ControlOperation.isInline(instruction));
            default -> Kind.LEAVE;
        };
    }

    private static boolean isAtomic(int instruction) {
        int width = Fields.funct3(instruction);
        int operation = instruction >>> 27;
        boolean reserves = operation == 2;
        return (width == 2 || width == 3)
                && (operation <= 4 || (operation & 3) == 0)
                && (!reserves || Fields.rs2(instruction) == 0);
    }

    private static Kind plain(boolean translated) {
        return translated ? Kind.PLAIN : Kind.LEAVE;
    }

    /// Whether control usually comes back behind an instruction that is not translated.
    static boolean returnsBehind(int instruction) {
        int opcode = Fields.opcode(instruction);
        return opcode == AMO || opcode == MISC_MEM || (opcode == SYSTEM && instruction != SRET && instruction != EBREAK);
    }

    static boolean isFloat(int instruction) {
        return switch (Fields.opcode(instruction)) {
            case LOAD_FP, STORE_FP, OP_FP, MADD, MSUB, NMSUB, NMADD -> true;
            default -> false;
        };
    }

    /// Tells which registers an instruction reads and writes.
    static void registers(int instruction, Locals locals) {
        int rd = Fields.rd(instruction);
        int rs1 = Fields.rs1(instruction);
        int rs2 = Fields.rs2(instruction);
        switch (Fields.opcode(instruction)) {
            case BRANCH, STORE -> {
                locals.usesInteger(rs1);
                locals.usesInteger(rs2);
            }
            case LUI, AUIPC, JAL -> locals.usesInteger(rd);
            case LOAD, JALR, OP_IMM, OP_IMM_32 -> {
                locals.usesInteger(rs1);
                locals.usesInteger(rd);
            }
            case OP, OP_32, AMO -> {
                locals.usesInteger(rs1);
                locals.usesInteger(rs2);
                locals.usesInteger(rd);
            }
            case LOAD_FP -> {
                locals.usesInteger(rs1);
                locals.usesFloating(rd);
            }
            case STORE_FP -> {
                locals.usesInteger(rs1);
                locals.usesFloating(rs2);
            }
            case OP_FP, MADD, MSUB, NMSUB, NMADD -> FloatOperation.registers(instruction, locals);
            case SYSTEM -> ControlOperation.registers(instruction, locals);
            default -> {
            }
        }
    }
}
