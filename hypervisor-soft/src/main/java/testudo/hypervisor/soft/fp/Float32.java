package testudo.hypervisor.soft.fp;

/// Arithmetic on singles: the F extension, with the NaN boxing that D asks for.
///
/// Operands and results are whole 64-bit f registers. A single is in the low half below 32 ones; an operand that is not boxed so counts
/// as the canonical NaN. `mode` is one of [Rounding]'s constants. `fmsub`, `fnmsub` and `fnmadd` are [#fusedMultiplyAdd] with [#SIGN]
/// flipped in the operands that they negate.
///
/// Source: RISC-V Unprivileged ISA, "F" Extension for Single-Precision Floating-Point; "NaN Boxing of Narrower Values".
public final class Float32 {
    /// The sign bit of a boxed single.
    public static final long SIGN = 1L << 31;
    /// The 32 ones above a single.
    public static final long BOX = -1L << 32;

    private static final int CANONICAL_NAN = 0x7FC0_0000;
    private static final int SIGN_BIT = 1 << 31;
    private static final int QUIET = 1 << 22;
    private static final int INFINITY = 0xFF << 23;
    /// Rounded results of at least this are not tiny, however they were rounded.
    private static final float SAFE_RESULT = 0x1p-125f;

    private Float32() {}

    /// Boxes the bits of a single.
    ///
    /// @param bits the bits of a single
    /// @return the register
    public static long box(int bits) {
        return bits | BOX;
    }

    /// The bits of a boxed single; those of the canonical NaN when it is not boxed.
    ///
    /// @param register an f register
    /// @return the bits
    public static int unbox(long register) {
        return register >= BOX && register < 0 ? (int) register : CANONICAL_NAN;
    }

    /// The same number, infinity or NaN (signaling if it was) as the bits of a double.
    static long widen(int bits) {
        if ((bits & INFINITY) == INFINITY) {
            return (bits & (long) SIGN_BIT) << 32 | ExactArithmetic.INFINITY | (bits & 0x7F_FFFFL) << 29;
        }
        return Double.doubleToRawLongBits(Float.intBitsToFloat(bits));
    }

    private static long wide(long register) {
        return widen(unbox(register));
    }

    private static float number(long register) {
        return Float.intBitsToFloat(unbox(register));
    }

    private static long box(float value) {
        return Float.floatToRawIntBits(value) | BOX;
    }

    private static void raiseInexact(FloatFlags flags) {
        flags.flags |= FloatFlags.NX;
    }

    /// `fadd.s`; `fsub.s` flips the sign of `b`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long add(long a, long b, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            double x = number(a);
            double y = number(b);
            double sum = x + y;
            float result = (float) sum;
            // A sum of singles that is tiny is exact. Rounding to double first is harmless: 53 bits are more than twice 24, plus one.
            if (Math.abs(result) <= Float.MAX_VALUE) {
                if ((flags.flags & FloatFlags.NX) == 0 && (result != sum || Float64.sumError(x, y, sum) != 0)) {
                    raiseInexact(flags);
                }
                return box(result);
            }
        }
        return ExactArithmetic.add(wide(a), wide(b), Format.SINGLE, mode, flags) | BOX;
    }

    /// `fsub.s`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long subtract(long a, long b, int mode, FloatFlags flags) {
        return add(a, b ^ SIGN, mode, flags);
    }

    /// `fmul.s`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long multiply(long a, long b, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            // Exact: 24 bits by 24 bits.
            double product = (double) number(a) * number(b);
            float result = (float) product;
            if (isSafeResult(result)) {
                if (result != product) {
                    raiseInexact(flags);
                }
                return box(result);
            }
        }
        return ExactArithmetic.multiply(wide(a), wide(b), Format.SINGLE, mode, flags) | BOX;
    }

    /// `fdiv.s`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long divide(long a, long b, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            float x = number(a);
            float y = number(b);
            float result = x / y;
            // A divisor of infinity gives zero, one of zero gives infinity: neither is a safe result.
            if (isSafeResult(result)) {
                if ((double) result * y != x) {
                    raiseInexact(flags);
                }
                return box(result);
            }
        }
        return ExactArithmetic.divide(wide(a), wide(b), Format.SINGLE, mode, flags) | BOX;
    }

    /// `fsqrt.s`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long squareRoot(long a, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            float x = number(a);
            float result = (float) Math.sqrt(x);
            if (isSafeResult(result)) {
                if ((double) result * result != x) {
                    raiseInexact(flags);
                }
                return box(result);
            }
        }
        return ExactArithmetic.squareRoot(wide(a), Format.SINGLE, mode, flags) | BOX;
    }

    /// `fmadd.s`: `a × b + c`, rounded once.
    ///
    /// @param a the first factor
    /// @param b the second factor
    /// @param c the number to add
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long fusedMultiplyAdd(long a, long b, long c, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            double product = (double) number(a) * number(b);
            double addend = number(c);
            double sum = product + addend;
            double error = Float64.sumError(product, addend, sum);
            // The product is exact; so is `sum + error`. With the error folded into the last bit of the sum, rounding to single is right.
            float result = (float) roundToOdd(sum, error);
            if (isSafeResult(result)) {
                if (error != 0 || result != sum) {
                    raiseInexact(flags);
                }
                return box(result);
            }
        }
        return ExactArithmetic.fusedMultiplyAdd(wide(a), wide(b), wide(c), Format.SINGLE, mode, flags) | BOX;
    }

    /// The neighbour of an exact `sum + error` whose last bit is one, when it is inexact.
    private static double roundToOdd(double sum, double error) {
        long bits = Double.doubleToRawLongBits(sum);
        if (error == 0 || (bits & 1) != 0) {
            return sum;
        }
        // Towards the error: away from zero when the signs agree.
        return Double.longBitsToDouble(bits + ((bits ^ Double.doubleToRawLongBits(error)) < 0 ? -1 : 1));
    }

    /// `fmin.s`: the lesser number; a NaN only if both are NaN; -0 is less than +0.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return the result
    public static long min(long a, long b, FloatFlags flags) {
        int x = unbox(a);
        int y = unbox(b);
        if (isNan(x) || isNan(y)) {
            return numberOf(x, y, flags);
        }
        return box(Math.min(Float.intBitsToFloat(x), Float.intBitsToFloat(y)));
    }

    /// `fmax.s`: the greater number; a NaN only if both are NaN; -0 is less than +0.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return the result
    public static long max(long a, long b, FloatFlags flags) {
        int x = unbox(a);
        int y = unbox(b);
        if (isNan(x) || isNan(y)) {
            return numberOf(x, y, flags);
        }
        return box(Math.max(Float.intBitsToFloat(x), Float.intBitsToFloat(y)));
    }

    private static long numberOf(int x, int y, FloatFlags flags) {
        if (isSignaling(x) || isSignaling(y)) {
            flags.flags |= FloatFlags.NV;
        }
        if (!isNan(x)) {
            return box(x);
        }
        return box(isNan(y) ? CANONICAL_NAN : y);
    }

    /// `feq.s`, a quiet comparison: only a signaling NaN is invalid.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return 1 or 0
    public static long equal(long a, long b, FloatFlags flags) {
        int x = unbox(a);
        int y = unbox(b);
        if (isSignaling(x) || isSignaling(y)) {
            flags.flags |= FloatFlags.NV;
        }
        return Float.intBitsToFloat(x) == Float.intBitsToFloat(y) ? 1 : 0;
    }

    /// `flt.s`, a signaling comparison: any NaN is invalid.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return 1 or 0
    public static long less(long a, long b, FloatFlags flags) {
        float x = number(a);
        float y = number(b);
        if (x < y) {
            return 1;
        }
        if (!(y <= x)) {
            flags.flags |= FloatFlags.NV;
        }
        return 0;
    }

    /// `fle.s`, a signaling comparison: any NaN is invalid.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return 1 or 0
    public static long lessOrEqual(long a, long b, FloatFlags flags) {
        float x = number(a);
        float y = number(b);
        if (x <= y) {
            return 1;
        }
        if (!(y < x)) {
            flags.flags |= FloatFlags.NV;
        }
        return 0;
    }

    /// `fclass.s`: one bit of ten, from negative infinity (bit 0) to positive infinity (7), signaling NaN (8) and quiet NaN (9).
    ///
    /// @param a the operand
    /// @return the bit
    public static long classify(long a) {
        int x = unbox(a);
        if (isNan(x)) {
            return isSignaling(x) ? 1 << 8 : 1 << 9;
        }
        int magnitude;
        if ((x & ~SIGN_BIT) == INFINITY) {
            magnitude = 3;
        } else if ((x & INFINITY) != 0) {
            magnitude = 2;
        } else {
            magnitude = (x & ~SIGN_BIT) == 0 ? 0 : 1;
        }
        return 1L << (x < 0 ? 3 - magnitude : 4 + magnitude);
    }

    /// `fsgnj.s`: `a` with the sign of `b`.
    ///
    /// @param a what gives the magnitude
    /// @param b what gives the sign
    /// @return the result
    public static long copySign(long a, long b) {
        return box((unbox(a) & ~SIGN_BIT) | (unbox(b) & SIGN_BIT));
    }

    /// `fsgnjn.s`: `a` with the opposite of `b`'s sign.
    ///
    /// @param a what gives the magnitude
    /// @param b what gives the sign
    /// @return the result
    public static long copyNegatedSign(long a, long b) {
        return box((unbox(a) & ~SIGN_BIT) | (~unbox(b) & SIGN_BIT));
    }

    /// `fsgnjx.s`: `a` with its sign flipped where `b` is negative.
    ///
    /// @param a what gives the magnitude
    /// @param b what gives the sign
    /// @return the result
    public static long xorSign(long a, long b) {
        return box(unbox(a) ^ (unbox(b) & SIGN_BIT));
    }

    private static boolean isNan(int bits) {
        return (bits & ~SIGN_BIT) > INFINITY;
    }

    private static boolean isSignaling(int bits) {
        return isNan(bits) && (bits & QUIET) == 0;
    }

    /// Whether a result was neither tiny nor overflowing, so that rounding it can only have raised NX. False for NaN.
    static boolean isSafeResult(float value) {
        float magnitude = Math.abs(value);
        return magnitude >= SAFE_RESULT && magnitude <= Float.MAX_VALUE;
    }
}
