package testudo.hypervisor.soft.jit;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import testudo.hypervisor.soft.fp.Float32;
import testudo.hypervisor.soft.fp.Float64;
import testudo.hypervisor.soft.fp.FloatConversions;
import testudo.hypervisor.soft.fp.FloatFlags;
import testudo.hypervisor.soft.fp.Rounding;

/// A computing instruction of F or D: a call of the function that computes it, which HotSpot inlines where that pays.
///
/// @param function its name in `owner`; empty when the bits are only moved
/// @param operands how many registers it reads
/// @param rounds it takes a rounding mode
/// @param raises it takes the flags
/// @param integerSource its operand is an integer register
/// @param integerResult its result goes to an integer register
record FloatOperation(ClassDesc owner, String function, int operands, boolean rounds, boolean raises, boolean integerSource,
        boolean integerResult) {
    private static final ClassDesc SINGLE = Float32.class.describeConstable().orElseThrow();
    private static final ClassDesc DOUBLE = Float64.class.describeConstable().orElseThrow();
    private static final ClassDesc CONVERSIONS = FloatConversions.class.describeConstable().orElseThrow();
    private static final ClassDesc FLAGS = FloatFlags.class.describeConstable().orElseThrow();
    private static final int DYNAMIC = 7;

    /// The operation of an instruction, or `null` when it is none, or one that is reserved.
    static @Nullable FloatOperation of(int instruction) {
        int format = instruction >>> 25 & 3;
        if (format > 1) {
            return null;
        }
        ClassDesc owner = format == 0 ? SINGLE : DOUBLE;
        FloatOperation operation = Fields.opcode(instruction) == Operation.OP_FP
                ? computing(owner, instruction)
                : new FloatOperation(owner, "fusedMultiplyAdd", 3, true, true, false, false);
        int mode = Fields.funct3(instruction);
        return operation != null && operation.rounds && mode > Rounding.RMM && mode != DYNAMIC ? null : operation;
    }

    private static @Nullable FloatOperation computing(ClassDesc owner, int instruction) {
        int mode = Fields.funct3(instruction);
        int second = Fields.rs2(instruction);
        return switch (instruction >>> 27) {
            case 0x00 -> rounded(owner, "add", 2);
            case 0x01 -> rounded(owner, "subtract", 2);
            case 0x02 -> rounded(owner, "multiply", 2);
            case 0x03 -> rounded(owner, "divide", 2);
            case 0x0B -> second == 0 ? rounded(owner, "squareRoot", 1) : null;
            case 0x04 -> switch (mode) {
                case 0 -> new FloatOperation(owner, "copySign", 2, false, false, false, false);
                case 1 -> new FloatOperation(owner, "copyNegatedSign", 2, false, false, false, false);
                case 2 -> new FloatOperation(owner, "xorSign", 2, false, false, false, false);
                default -> null;
            };
            case 0x05 -> mode > 1 ? null : new FloatOperation(owner, mode == 0 ? "min" : "max", 2, false, true, false, false);
            case 0x14 -> switch (mode) {
                case 0 -> new FloatOperation(owner, "lessOrEqual", 2, false, true, false, true);
                case 1 -> new FloatOperation(owner, "less", 2, false, true, false, true);
                case 2 -> new FloatOperation(owner, "equal", 2, false, true, false, true);
                default -> null;
            };
            default -> converting(owner, instruction >>> 27, second, mode);
        };
    }

    private static @Nullable FloatOperation converting(ClassDesc owner, int function, int second, int mode) {
        boolean single = owner.equals(SINGLE);
        String name = single ? "Single" : "Double";
        String lower = single ? "single" : "double";
        return switch (function) {
            case 0x08 -> second != (single ? 1 : 0)
                    ? null
                    : new FloatOperation(CONVERSIONS, single ? "doubleToSingle" : "singleToDouble", 1, single, true, false, false);
            case 0x18 -> second > 3
                    ? null
                    : new FloatOperation(CONVERSIONS, lower + List.of("ToInt", "ToUnsignedInt", "ToLong", "ToUnsignedLong").get(second),
                            1, true, true, false, true);
            case 0x1A -> second > 3
                    ? null
                    : new FloatOperation(CONVERSIONS, List.of("intTo", "unsignedIntTo", "longTo", "unsignedLongTo").get(second) + name,
                            1, single || second > 1, single || second > 1, true, false);
            case 0x1C -> second != 0 ? null : switch (mode) {
                case 0 -> new FloatOperation(owner, "", 1, false, false, false, true);
                case 1 -> new FloatOperation(owner, "classify", 1, false, false, false, true);
                default -> null;
            };
            case 0x1E -> second != 0 || mode != 0 ? null : new FloatOperation(owner, "", 1, false, false, true, false);
            default -> null;
        };
    }

    private static FloatOperation rounded(ClassDesc owner, String function, int operands) {
        return new FloatOperation(owner, function, operands, true, true, false, false);
    }

    /// Tells which registers an instruction that has an operation reads and writes.
    static void registers(int instruction, Locals locals) {
        FloatOperation operation = of(instruction);
        if (operation == null) {
            return;
        }
        if (operation.integerSource) {
            locals.usesInteger(Fields.rs1(instruction));
        } else {
            locals.usesFloating(Fields.rs1(instruction));
        }
        if (operation.operands > 1) {
            locals.usesFloating(Fields.rs2(instruction));
        }
        if (operation.operands > 2) {
            locals.usesFloating(Fields.rs3(instruction));
        }
        if (operation.integerResult) {
            locals.usesInteger(Fields.rd(instruction));
        } else {
            locals.usesFloating(Fields.rd(instruction));
        }
    }

    void emit(CodeBuilder code, Locals locals, int instruction) {
        int rs1 = Fields.rs1(instruction);
        if (integerSource) {
            locals.get(code, rs1);
        } else {
            locals.getFloating(code, rs1);
        }
        int opcode = Fields.opcode(instruction);
        if (opcode == Operation.NMSUB || opcode == Operation.NMADD) {
            negate(code);
        }
        if (operands > 1) {
            locals.getFloating(code, Fields.rs2(instruction));
        }
        if (operands > 2) {
            locals.getFloating(code, Fields.rs3(instruction));
            if (opcode == Operation.MSUB || opcode == Operation.NMADD) {
                negate(code);
            }
        }
        if (function.isEmpty()) {
            move(code);
        } else {
            call(code, Fields.funct3(instruction));
        }
        if (integerResult) {
            locals.set(code, Fields.rd(instruction));
        } else {
            locals.setFloating(code, Fields.rd(instruction));
        }
    }

    private void negate(CodeBuilder code) {
        code.loadConstant(owner.equals(SINGLE) ? Float32.SIGN : Float64.SIGN).lxor();
    }

    private void move(CodeBuilder code) {
        if (owner.equals(SINGLE)) {
            code.l2i();
            if (integerResult) {
                code.i2l();
            } else {
                code.invokestatic(SINGLE, "box", MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_int));
            }
        }
    }

    private void call(CodeBuilder code, int mode) {
        List<ClassDesc> parameters = new ArrayList<>();
        for (int i = 0; i < operands; i++) {
            parameters.add(ConstantDescs.CD_long);
        }
        if (rounds) {
            parameters.add(ConstantDescs.CD_int);
            if (mode == DYNAMIC) {
                HartFields.roundingMode(code);
            } else {
                code.loadConstant(mode);
            }
        }
        if (raises) {
            parameters.add(FLAGS);
            code.aload(Locals.HART).getfield(HartFields.HART, HartFields.FLAGS, FLAGS);
        }
        code.invokestatic(owner, function, MethodTypeDesc.of(ConstantDescs.CD_long, parameters));
    }
}
