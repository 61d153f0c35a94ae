package testudo.hypervisor.soft.difftest;

import java.util.function.ObjIntConsumer;

/// RV64I, M, Zba, Zbb and Zbs without memory and control.
final class IntegerPieces {
    /// A register-register operation.
    private record RegisterOperation(String name, int opcode, int funct7, int funct3) {}

    /// An operation with a shift amount or a fixed second operand.
    private record ShiftOperation(String name, int opcode, int top, int funct3, int amounts) {}

    private static final RegisterOperation[] BASE = {op("add", 0x00, 0), op("sub", 0x20, 0), op("sll", 0x00, 1), op("slt", 0x00, 2), op(
            "sltu", 0x00, 3),
            op("xor", 0x00, 4), op("srl", 0x00, 5), op("sra", 0x20, 5), op("or", 0x00, 6), op("and", 0x00, 7), word("addw", 0x00, 0), word(
                    "subw", 0x20, 0),
            word("sllw", 0x00, 1), word("srlw", 0x00, 5), word("sraw", 0x20, 5)};
    private static final RegisterOperation[] MULTIPLY = {op("mul", 0x01, 0), op("mulh", 0x01, 1), op("mulhsu", 0x01, 2), op("mulhu", 0x01,
            3), op("div", 0x01, 4),
            op("divu", 0x01, 5), op("rem", 0x01, 6), op("remu", 0x01, 7), word("mulw", 0x01, 0), word("divw", 0x01, 4), word("divuw", 0x01,
                    5),
            word("remw", 0x01, 6), word("remuw", 0x01, 7)};
    private static final RegisterOperation[] BITS = {op("sh1add", 0x10, 2), op("sh2add", 0x10, 4), op("sh3add", 0x10, 6), word("add.uw",
            0x04, 0),
            word("sh1add.uw", 0x10, 2), word("sh2add.uw", 0x10, 4), word("sh3add.uw", 0x10, 6), op("andn", 0x20, 7), op("orn", 0x20, 6), op(
                    "xnor", 0x20, 4),
            op("max", 0x05, 6), op("maxu", 0x05, 7), op("min", 0x05, 4), op("minu", 0x05, 5), op("rol", 0x30, 1), op("ror", 0x30, 5),
            word("rolw", 0x30, 1), word("rorw", 0x30, 5), op("bclr", 0x24, 1), op("bext", 0x24, 5), op("binv", 0x34, 1), op("bset", 0x14,
                    1)};
    private static final ShiftOperation[] SHIFTS = {new ShiftOperation("slli", 0x13, 0x000, 1, 64), new ShiftOperation("srli", 0x13, 0x000,
            5, 64),
            new ShiftOperation("srai", 0x13, 0x400, 5, 64), new ShiftOperation("slliw", 0x1B, 0x000, 1, 32),
            new ShiftOperation("srliw", 0x1B, 0x000, 5, 32), new ShiftOperation("sraiw", 0x1B, 0x400, 5, 32)};
    private static final ShiftOperation[] BIT_SHIFTS = {new ShiftOperation("rori", 0x13, 0x600, 5, 64), new ShiftOperation("roriw", 0x1B,
            0x600, 5, 32),
            new ShiftOperation("bclri", 0x13, 0x480, 1, 64), new ShiftOperation("bexti", 0x13, 0x480, 5, 64),
            new ShiftOperation("binvi", 0x13, 0x680, 1, 64), new ShiftOperation("bseti", 0x13, 0x280, 1, 64),
            new ShiftOperation("slli.uw", 0x1B, 0x080, 1, 64), new ShiftOperation("clz", 0x13, 0x600, 1, 1), new ShiftOperation("ctz", 0x13,
                    0x601, 1, 1),
            new ShiftOperation("cpop", 0x13, 0x602, 1, 1), new ShiftOperation("sext.b", 0x13, 0x604, 1, 1), new ShiftOperation("sext.h",
                    0x13, 0x605, 1, 1),
            new ShiftOperation("clzw", 0x1B, 0x600, 1, 1), new ShiftOperation("ctzw", 0x1B, 0x601, 1, 1), new ShiftOperation("cpopw", 0x1B,
                    0x602, 1, 1),
            new ShiftOperation("orc.b", 0x13, 0x287, 5, 1), new ShiftOperation("rev8", 0x13, 0x6B8, 5, 1), new ShiftOperation("zext.h",
                    0x3B, 0x080, 4, 1)};

    private IntegerPieces() {}

    private static RegisterOperation op(String name, int funct7, int funct3) {
        return new RegisterOperation(name, 0x33, funct7, funct3);
    }

    private static RegisterOperation word(String name, int funct7, int funct3) {
        return new RegisterOperation(name, 0x3B, funct7, funct3);
    }

    static String base(Emitter out) {
        return register(out, out.pick(BASE));
    }

    static String multiply(Emitter out) {
        return register(out, out.pick(MULTIPLY));
    }

    static String bits(Emitter out) {
        return out.oneIn(2) ? register(out, out.pick(BITS)) : shift(out, out.pick(BIT_SHIFTS));
    }

    static String shift(Emitter out) {
        return shift(out, out.pick(SHIFTS));
    }

    private static String register(Emitter out, RegisterOperation operation) {
        int a = out.operand();
        int b = out.operand();
        return logged(out, operation.name, (code, rd) -> code.word(Code.r(operation.opcode, operation.funct7, operation.funct3, rd, a, b)));
    }

    private static String shift(Emitter out, ShiftOperation operation) {
        int a = out.operand();
        if (operation.name.equals("ctzw")) {
            // QEMU before 8.0 counts beyond bit 31 when the low half is zero.
            out.code.word(Code.r(0x33, 0, 6, Emitter.TEMPORARY, a, 0));
            out.code.word(Code.i(0x13, 1, Emitter.TEMPORARY, Emitter.TEMPORARY, 0x280 + 31));
            a = Emitter.TEMPORARY;
        }
        int source = a;
        int immediate = operation.top + out.random.nextInt(operation.amounts);
        return logged(out, operation.name, (code, rd) -> code.word(Code.i(operation.opcode, operation.funct3, rd, source, immediate)));
    }

    static String immediate(Emitter out) {
        int a = out.operand();
        int opcode = out.pick(0x13, 0x13, 0x13, 0x1B);
        int funct3 = opcode == 0x1B ? 0 : out.pick(0, 2, 3, 4, 6, 7);
        int immediate = out.immediate();
        return logged(out, "immediate", (code, rd) -> code.word(Code.i(opcode, funct3, rd, a, immediate)));
    }

    static String upper(Emitter out) {
        int word = out.random.nextInt() & 0xFFFF_F000 | out.pick(0x37, 0x17);
        return logged(out, "lui/auipc", (code, rd) -> code.word(word | rd << 7));
    }

    private static String logged(Emitter out, String name, ObjIntConsumer<Code> instruction) {
        int rd = out.destination();
        instruction.accept(out.code, rd);
        out.log(rd);
        return name;
    }
}
