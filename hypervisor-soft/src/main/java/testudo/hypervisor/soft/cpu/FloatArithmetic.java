package testudo.hypervisor.soft.cpu;

import static testudo.hypervisor.soft.fp.FloatConversions.doubleToInt;
import static testudo.hypervisor.soft.fp.FloatConversions.doubleToLong;
import static testudo.hypervisor.soft.fp.FloatConversions.doubleToSingle;
import static testudo.hypervisor.soft.fp.FloatConversions.doubleToUnsignedInt;
import static testudo.hypervisor.soft.fp.FloatConversions.doubleToUnsignedLong;
import static testudo.hypervisor.soft.fp.FloatConversions.intToDouble;
import static testudo.hypervisor.soft.fp.FloatConversions.intToSingle;
import static testudo.hypervisor.soft.fp.FloatConversions.longToDouble;
import static testudo.hypervisor.soft.fp.FloatConversions.longToSingle;
import static testudo.hypervisor.soft.fp.FloatConversions.singleToDouble;
import static testudo.hypervisor.soft.fp.FloatConversions.singleToInt;
import static testudo.hypervisor.soft.fp.FloatConversions.singleToLong;
import static testudo.hypervisor.soft.fp.FloatConversions.singleToUnsignedInt;
import static testudo.hypervisor.soft.fp.FloatConversions.singleToUnsignedLong;
import static testudo.hypervisor.soft.fp.FloatConversions.unsignedIntToDouble;
import static testudo.hypervisor.soft.fp.FloatConversions.unsignedIntToSingle;
import static testudo.hypervisor.soft.fp.FloatConversions.unsignedLongToDouble;
import static testudo.hypervisor.soft.fp.FloatConversions.unsignedLongToSingle;

import testudo.hypervisor.soft.fp.Float32;
import testudo.hypervisor.soft.fp.Float64;
import testudo.hypervisor.soft.fp.FloatFlags;
import testudo.hypervisor.soft.fp.Rounding;
import testudo.hypervisor.soft.mmu.GuestTrap;

/// Floating-point arithmetic: finds the function of [testudo.hypervisor.soft.fp] that an instruction names.
///
/// Source: RISC-V Unprivileged ISA, "RV32/64G Instruction Set Listings".
final class FloatArithmetic {
    private static final int MADD = 0x10;
    private static final int MSUB = 0x11;
    private static final int NMSUB = 0x12;
    private static final int NMADD = 0x13;

    private static final int ADD = 0x00;
    private static final int SUBTRACT = 0x01;
    private static final int MULTIPLY = 0x02;
    private static final int DIVIDE = 0x03;
    private static final int SIGN = 0x04;
    private static final int MINIMUM = 0x05;
    private static final int CONVERT = 0x08;
    private static final int SQUARE_ROOT = 0x0B;
    private static final int COMPARE = 0x14;
    private static final int TO_INTEGER = 0x18;
    private static final int FROM_INTEGER = 0x1A;
    private static final int TO_BITS = 0x1C;
    private static final int FROM_BITS = 0x1E;

    private static final int DYNAMIC = 7;

    private FloatArithmetic() {}

    /// Executes an OP-FP or a fused multiply-add instruction, F being on. Entry 0 of the general registers may be written.
    static void execute(Hart hart, int insn) {
        int format = insn >>> 25 & 3;
        if (format > 1) {
            throw illegal(hart);
        }
        boolean wide = format == 1;
        int opcode = insn >>> 2 & 31;
        int rd = insn >>> 7 & 31;
        if (opcode >= MADD && opcode <= NMADD) {
            hart.f[rd] = fused(hart, insn, opcode, wide);
        } else {
            switch (insn >>> 27) {
                case ADD, SUBTRACT, MULTIPLY, DIVIDE, SQUARE_ROOT -> hart.f[rd] = rounded(hart, insn, wide);
                case SIGN -> hart.f[rd] = sign(hart, insn, wide);
                case MINIMUM -> hart.f[rd] = minimum(hart, insn, wide);
                case CONVERT -> hart.f[rd] = convert(hart, insn, wide);
                case COMPARE -> hart.x[rd] = compare(hart, insn, wide);
                case TO_INTEGER -> hart.x[rd] = toInteger(hart, insn, wide);
                case FROM_INTEGER -> hart.f[rd] = fromInteger(hart, insn, wide);
                case TO_BITS -> hart.x[rd] = toBits(hart, insn, wide);
                case FROM_BITS -> hart.f[rd] = fromBits(hart, insn, wide);
                default -> throw illegal(hart);
            }
        }
        hart.registers.floatsDirty();
    }

    private static long first(Hart hart, int insn) {
        return hart.f[insn >>> 15 & 31];
    }

    private static long second(Hart hart, int insn) {
        return hart.f[insn >>> 20 & 31];
    }

    private static int function(int insn) {
        return insn >>> 12 & 7;
    }

    private static int mode(Hart hart, int insn) {
        int mode = function(insn);
        if (mode == DYNAMIC) {
            mode = hart.roundingMode;
        }
        if (mode > Rounding.RMM) {
            throw illegal(hart);
        }
        return mode;
    }

    /// The second source field, where it says more about the operation.
    private static int variant(int insn) {
        return insn >>> 20 & 31;
    }

    private static void require(Hart hart, boolean known) {
        if (!known) {
            throw illegal(hart);
        }
    }

    private static long fused(Hart hart, int insn, int opcode, boolean wide) {
        int mode = mode(hart, insn);
        long sign = wide ? Float64.SIGN : Float32.SIGN;
        long a = first(hart, insn);
        long c = hart.f[insn >>> 27];
        if (opcode == NMSUB || opcode == NMADD) {
            a ^= sign;
        }
        if (opcode == MSUB || opcode == NMADD) {
            c ^= sign;
        }
        long b = second(hart, insn);
        return wide
                ? Float64.fusedMultiplyAdd(a, b, c, mode, hart.floatFlags)
                : Float32.fusedMultiplyAdd(a, b, c, mode, hart.floatFlags);
    }

    private static long rounded(Hart hart, int insn, boolean wide) {
        int mode = mode(hart, insn);
        FloatFlags flags = hart.floatFlags;
        long a = first(hart, insn);
        long b = second(hart, insn);
        return switch (insn >>> 27) {
            case ADD -> wide ? Float64.add(a, b, mode, flags) : Float32.add(a, b, mode, flags);
            case SUBTRACT -> wide ? Float64.subtract(a, b, mode, flags) : Float32.subtract(a, b, mode, flags);
            case MULTIPLY -> wide ? Float64.multiply(a, b, mode, flags) : Float32.multiply(a, b, mode, flags);
            case DIVIDE -> wide ? Float64.divide(a, b, mode, flags) : Float32.divide(a, b, mode, flags);
            default -> {
                require(hart, variant(insn) == 0);
                yield wide ? Float64.squareRoot(a, mode, flags) : Float32.squareRoot(a, mode, flags);
            }
        };
    }

    private static long sign(Hart hart, int insn, boolean wide) {
        long a = first(hart, insn);
        long b = second(hart, insn);
        return switch (function(insn)) {
            case 0 -> wide ? Float64.copySign(a, b) : Float32.copySign(a, b);
            case 1 -> wide ? Float64.copyNegatedSign(a, b) : Float32.copyNegatedSign(a, b);
            case 2 -> wide ? Float64.xorSign(a, b) : Float32.xorSign(a, b);
            default -> throw illegal(hart);
        };
    }

    private static long minimum(Hart hart, int insn, boolean wide) {
        long a = first(hart, insn);
        long b = second(hart, insn);
        FloatFlags flags = hart.floatFlags;
        return switch (function(insn)) {
            case 0 -> wide ? Float64.min(a, b, flags) : Float32.min(a, b, flags);
            case 1 -> wide ? Float64.max(a, b, flags) : Float32.max(a, b, flags);
            default -> throw illegal(hart);
        };
    }

    private static long convert(Hart hart, int insn, boolean wide) {
        require(hart, variant(insn) == (wide ? 0 : 1));
        int mode = mode(hart, insn);
        long a = first(hart, insn);
        return wide ? singleToDouble(a, hart.floatFlags) : doubleToSingle(a, mode, hart.floatFlags);
    }

    private static long compare(Hart hart, int insn, boolean wide) {
        long a = first(hart, insn);
        long b = second(hart, insn);
        FloatFlags flags = hart.floatFlags;
        return switch (function(insn)) {
            case 0 -> wide ? Float64.lessOrEqual(a, b, flags) : Float32.lessOrEqual(a, b, flags);
            case 1 -> wide ? Float64.less(a, b, flags) : Float32.less(a, b, flags);
            case 2 -> wide ? Float64.equal(a, b, flags) : Float32.equal(a, b, flags);
            default -> throw illegal(hart);
        };
    }

    private static long toInteger(Hart hart, int insn, boolean wide) {
        int mode = mode(hart, insn);
        long a = first(hart, insn);
        FloatFlags flags = hart.floatFlags;
        return switch (variant(insn)) {
            case 0 -> wide ? doubleToInt(a, mode, flags) : singleToInt(a, mode, flags);
            case 1 -> wide ? doubleToUnsignedInt(a, mode, flags) : singleToUnsignedInt(a, mode, flags);
            case 2 -> wide ? doubleToLong(a, mode, flags) : singleToLong(a, mode, flags);
            case 3 -> wide ? doubleToUnsignedLong(a, mode, flags) : singleToUnsignedLong(a, mode, flags);
            default -> throw illegal(hart);
        };
    }

    private static long fromInteger(Hart hart, int insn, boolean wide) {
        int mode = mode(hart, insn);
        long a = hart.x[insn >>> 15 & 31];
        FloatFlags flags = hart.floatFlags;
        return switch (variant(insn)) {
            case 0 -> wide ? intToDouble(a) : intToSingle(a, mode, flags);
            case 1 -> wide ? unsignedIntToDouble(a) : unsignedIntToSingle(a, mode, flags);
            case 2 -> wide ? longToDouble(a, mode, flags) : longToSingle(a, mode, flags);
            case 3 -> wide ? unsignedLongToDouble(a, mode, flags) : unsignedLongToSingle(a, mode, flags);
            default -> throw illegal(hart);
        };
    }

    /// `fmv.x` and `fclass`.
    private static long toBits(Hart hart, int insn, boolean wide) {
        require(hart, variant(insn) == 0);
        long a = first(hart, insn);
        return switch (function(insn)) {
            case 0 -> wide ? a : (int) a;
            case 1 -> wide ? Float64.classify(a) : Float32.classify(a);
            default -> throw illegal(hart);
        };
    }

    /// `fmv.w.x` and `fmv.d.x`.
    private static long fromBits(Hart hart, int insn, boolean wide) {
        require(hart, variant(insn) == 0 && function(insn) == 0);
        long a = hart.x[insn >>> 15 & 31];
        return wide ? a : Float32.box((int) a);
    }

    private static GuestTrap illegal(Hart hart) {
        return hart.mmu.trap.of(GuestTrap.ILLEGAL, 0);
    }
}
