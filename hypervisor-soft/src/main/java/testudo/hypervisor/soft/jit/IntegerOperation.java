package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/// What an integer instruction of I, M, Zba, Zbb or Zbs computes, as bytecode: its operands are on the operand stack, as one long or two,
/// and its result takes their place. The second operand of an immediate instruction is its immediate.
enum IntegerOperation {
    ADD(CodeBuilder::ladd), SUB(CodeBuilder::lsub), AND(CodeBuilder::land), OR(CodeBuilder::lor), XOR(CodeBuilder::lxor),
    // Java's shifts take the count modulo 64 or 32, as RISC-V's do.
    SLL(c -> c.l2i().lshl()), SRL(c -> c.l2i().lushr()), SRA(c -> c.l2i().lshr()), SLT("slt"), SLTU("sltu"), ADDW(c -> c.ladd().l2i()
            .i2l()), SUBW(c -> c.lsub().l2i().i2l()), SLLW("sllw"), SRLW("srlw"), SRAW("sraw"), MUL(CodeBuilder::lmul), MULW(c -> c.lmul()
                    .l2i().i2l()), MULH("mulh"), MULHSU("mulhsu"), MULHU("mulhu"), DIV("div"), DIVU("divu"), REM("rem"), REMU("remu"), DIVW(
                            "divw"), DIVUW("divuw"), REMW("remw"), REMUW("remuw"), ADD_UW("addUw"), SH1ADD("sh1add"), SH2ADD(
                                    "sh2add"), SH3ADD("sh3add"), SH1ADD_UW("sh1addUw"), SH2ADD_UW("sh2addUw"), SH3ADD_UW(
                                            "sh3addUw"), SLLI_UW("slliUw"), ANDN("andn"), ORN("orn"), XNOR("xnor"), MIN("min"), MINU(
                                                    "minu"), MAX("max"), MAXU("maxu"), ROL("rol"), ROR("ror"), ROLW("rolw"), RORW(
                                                            "rorw"), BCLR("bclr"), BEXT("bext"), BINV("binv"), BSET("bset"), CLZ("clz",
                                                                    1), CTZ("ctz", 1), CPOP("cpop", 1), CLZW("clzw", 1), CTZW("ctzw",
                                                                            1), CPOPW("cpopw", 1), SEXT_B("sextB", 1), SEXT_H("sextH",
                                                                                    1), ZEXT_H("zextH", 1), ORC_B("orcB", 1), REV8("rev8",
                                                                                            1);

    private static final ClassDesc ARITHMETIC = Arithmetic.class.describeConstable().orElseThrow();
    private static final MethodTypeDesc ONE = MethodTypeDesc.ofDescriptor("(J)J");
    private static final MethodTypeDesc TWO = MethodTypeDesc.ofDescriptor("(JJ)J");

    private final @Nullable Consumer<CodeBuilder> inline;
    private final String function;
    final boolean unary;

    IntegerOperation(Consumer<CodeBuilder> inline) {
        this.inline = inline;
        this.function = "";
        this.unary = false;
    }

    IntegerOperation(String function) {
        this(function, 2);
    }

    IntegerOperation(String function, int operands) {
        this.inline = null;
        this.function = function;
        this.unary = operands == 1;
    }

    void emit(CodeBuilder code) {
        if (inline != null) {
            inline.accept(code);
        } else {
            code.invokestatic(ARITHMETIC, function, unary ? ONE : TWO);
        }
    }

    /// The operation of an instruction of the opcodes OP, OP-32, OP-IMM and OP-IMM-32, or `null` for an encoding that is none of ours.
    static @Nullable IntegerOperation of(int instruction) {
        int key = Fields.funct7(instruction) << 3 | Fields.funct3(instruction);
        return switch (Fields.opcode(instruction)) {
            case Operation.OP -> registers(key);
            case Operation.OP_32 -> wordRegisters(key, instruction);
            case Operation.OP_IMM -> immediate(instruction);
            case Operation.OP_IMM_32 -> wordImmediate(key, instruction);
            default -> null;
        };
    }

    private static @Nullable IntegerOperation registers(int key) {
        return switch (key) {
            case 0x00 << 3 -> ADD;
            case 0x00 << 3 | 1 -> SLL;
            case 0x00 << 3 | 2 -> SLT;
            case 0x00 << 3 | 3 -> SLTU;
            case 0x00 << 3 | 4 -> XOR;
            case 0x00 << 3 | 5 -> SRL;
            case 0x00 << 3 | 6 -> OR;
            case 0x00 << 3 | 7 -> AND;
            case 0x20 << 3 -> SUB;
            case 0x20 << 3 | 4 -> XNOR;
            case 0x20 << 3 | 5 -> SRA;
            case 0x20 << 3 | 6 -> ORN;
            case 0x20 << 3 | 7 -> ANDN;
            case 0x01 << 3 -> MUL;
            case 0x01 << 3 | 1 -> MULH;
            case 0x01 << 3 | 2 -> MULHSU;
            case 0x01 << 3 | 3 -> MULHU;
            case 0x01 << 3 | 4 -> DIV;
            case 0x01 << 3 | 5 -> DIVU;
            case 0x01 << 3 | 6 -> REM;
            case 0x01 << 3 | 7 -> REMU;
            default -> bitRegisters(key);
        };
    }

    private static @Nullable IntegerOperation bitRegisters(int key) {
        return switch (key) {
            case 0x10 << 3 | 2 -> SH1ADD;
            case 0x10 << 3 | 4 -> SH2ADD;
            case 0x10 << 3 | 6 -> SH3ADD;
            case 0x05 << 3 | 4 -> MIN;
            case 0x05 << 3 | 5 -> MINU;
            case 0x05 << 3 | 6 -> MAX;
            case 0x05 << 3 | 7 -> MAXU;
            case 0x30 << 3 | 1 -> ROL;
            case 0x30 << 3 | 5 -> ROR;
            case 0x24 << 3 | 1 -> BCLR;
            case 0x24 << 3 | 5 -> BEXT;
            case 0x34 << 3 | 1 -> BINV;
            case 0x14 << 3 | 1 -> BSET;
            default -> null;
        };
    }

    private static @Nullable IntegerOperation wordRegisters(int key, int instruction) {
        return switch (key) {
            case 0x00 << 3 -> ADDW;
            case 0x00 << 3 | 1 -> SLLW;
            case 0x00 << 3 | 5 -> SRLW;
            case 0x20 << 3 -> SUBW;
            case 0x20 << 3 | 5 -> SRAW;
            case 0x01 << 3 -> MULW;
            case 0x01 << 3 | 4 -> DIVW;
            case 0x01 << 3 | 5 -> DIVUW;
            case 0x01 << 3 | 6 -> REMW;
            case 0x01 << 3 | 7 -> REMUW;
            case 0x04 << 3 -> ADD_UW;
            case 0x04 << 3 | 4 -> Fields.rs2(instruction) == 0 ? ZEXT_H : null;
            case 0x10 << 3 | 2 -> SH1ADD_UW;
            case 0x10 << 3 | 4 -> SH2ADD_UW;
            case 0x10 << 3 | 6 -> SH3ADD_UW;
            case 0x30 << 3 | 1 -> ROLW;
            case 0x30 << 3 | 5 -> RORW;
            default -> null;
        };
    }

    private static @Nullable IntegerOperation immediate(int instruction) {
        return switch (Fields.funct3(instruction)) {
            case 0 -> ADD;
            case 1 -> leftImmediate(instruction);
            case 2 -> SLT;
            case 3 -> SLTU;
            case 4 -> XOR;
            case 5 -> rightImmediate(instruction);
            case 6 -> OR;
            default -> AND;
        };
    }

    private static @Nullable IntegerOperation leftImmediate(int instruction) {
        return switch (instruction >>> 26) {
            case 0x00 -> SLL;
            case 0x0A -> BSET;
            case 0x12 -> BCLR;
            case 0x1A -> BINV;
            case 0x18 -> switch (instruction >>> 20 & 63) {
                case 0 -> CLZ;
                case 1 -> CTZ;
                case 2 -> CPOP;
                case 4 -> SEXT_B;
                case 5 -> SEXT_H;
                default -> null;
            };
            default -> null;
        };
    }

    private static @Nullable IntegerOperation rightImmediate(int instruction) {
        return switch (instruction >>> 26) {
            case 0x00 -> SRL;
            case 0x10 -> SRA;
            case 0x12 -> BEXT;
            case 0x18 -> ROR;
            default -> switch (instruction >>> 20) {
                case 0x287 -> ORC_B;
                case 0x6B8 -> REV8;
                default -> null;
            };
        };
    }

    private static @Nullable IntegerOperation wordImmediate(int key, int instruction) {
        return switch (key & 7) {
            case 0 -> ADDW;
            case 1 -> switch (key >> 3) {
                case 0x00 -> SLLW;
                case 0x04, 0x05 -> SLLI_UW;
                case 0x30 -> switch (Fields.rs2(instruction)) {
                    case 0 -> CLZW;
                    case 1 -> CTZW;
                    case 2 -> CPOPW;
                    default -> null;
                };
                default -> null;
            };
            case 5 -> switch (key >> 3) {
                case 0x00 -> SRLW;
                case 0x20 -> SRAW;
                case 0x30 -> RORW;
                default -> null;
            };
            default -> null;
        };
    }
}
