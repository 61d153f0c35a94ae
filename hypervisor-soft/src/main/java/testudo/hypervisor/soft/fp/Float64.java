package testudo.hypervisor.soft.fp;

/// Arithmetic on doubles: the D extension.
///
/// Operands and results are the bits of f registers. `mode` is one of [Rounding]'s constants. `fmsub`, `fnmsub` and `fnmadd` are
/// [#fusedMultiplyAdd] with [#SIGN] flipped in the operands that they negate.
///
/// Source: RISC-V Unprivileged ISA, "D" Extension for Double-Precision Floating-Point.
public final class Float64 {
    /// The sign bit.
    public static final long SIGN = ExactArithmetic.SIGN;
    /// The NaN that operations produce.
    public static final long CANONICAL_NAN = 0x7FF8_0000_0000_0000L;

    private static final long LEADING = 1L << 52;
    private static final int BIAS = 1023;
    /// Sums of operands below this neither overflow nor do the steps that find their error.
    private static final double SAFE_SUMMAND = 0x1p1022;
    /// Rounded results of at least this are not tiny, however they were rounded.
    private static final double SAFE_RESULT = 0x1p-1021;
    /// A quotient whose dividend is at least this is checked by multiplying back to a normal number.
    private static final double SAFE_DIVIDEND = 0x1p-1021;

    private Float64() {}

    /// `fadd.d`; `fsub.d` flips the sign of `b`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long add(long a, long b, int mode, FloatFlags flags) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        if (mode == Rounding.RNE && Math.abs(x) < SAFE_SUMMAND && Math.abs(y) < SAFE_SUMMAND) {
            double sum = x + y;
            if ((flags.flags & FloatFlags.NX) == 0 && sumError(x, y, sum) != 0) {
                flags.flags |= FloatFlags.NX;
            }
            return Double.doubleToRawLongBits(sum);
        }
        return ExactArithmetic.add(a, b, Format.DOUBLE, mode, flags);
    }

    /// `fsub.d`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long subtract(long a, long b, int mode, FloatFlags flags) {
        return add(a, b ^ SIGN, mode, flags);
    }

    /// `fmul.d`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long multiply(long a, long b, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double product = x * y;
            if (isSafeResult(product) && ((flags.flags & FloatFlags.NX) != 0 || (isNormal(a) && isNormal(b)))) {
                if ((flags.flags & FloatFlags.NX) == 0 && isInexactProduct(a, b, Double.doubleToRawLongBits(product))) {
                    flags.flags |= FloatFlags.NX;
                }
                return Double.doubleToRawLongBits(product);
            }
        }
        return ExactArithmetic.multiply(a, b, Format.DOUBLE, mode, flags);
    }

    /// `fdiv.d`.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long divide(long a, long b, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double quotient = x / y;
            // A finite quotient that is not tiny has a finite dividend other than zero, and a divisor that is neither zero nor infinite.
            if (isSafeResult(quotient) && Math.abs(x) >= SAFE_DIVIDEND && isNormal(b)) {
                if ((flags.flags & FloatFlags.NX) == 0) {
                    double back = quotient * y;
                    if (back != x || isInexactProduct(Double.doubleToRawLongBits(quotient), b, a)) {
                        flags.flags |= FloatFlags.NX;
                    }
                }
                return Double.doubleToRawLongBits(quotient);
            }
        }
        return ExactArithmetic.divide(a, b, Format.DOUBLE, mode, flags);
    }

    /// `fsqrt.d`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long squareRoot(long a, int mode, FloatFlags flags) {
        if (mode == Rounding.RNE) {
            double x = Double.longBitsToDouble(a);
            if (x >= SAFE_DIVIDEND && x <= Double.MAX_VALUE) {
                double root = Math.sqrt(x);
                long bits = Double.doubleToRawLongBits(root);
                if ((flags.flags & FloatFlags.NX) == 0 && (root * root != x || isInexactProduct(bits, bits, a))) {
                    flags.flags |= FloatFlags.NX;
                }
                return bits;
            }
        }
        return ExactArithmetic.squareRoot(a, Format.DOUBLE, mode, flags);
    }

    /// `fmadd.d`: `a × b + c`, rounded once.
    ///
    /// @param a the first factor
    /// @param b the second factor
    /// @param c the number to add
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long fusedMultiplyAdd(long a, long b, long c, int mode, FloatFlags flags) {
        // Whether a fused result is exact is as costly to find out as the result; so the host's instruction serves once NX is set.
        if (mode == Rounding.RNE && (flags.flags & FloatFlags.NX) != 0) {
            double result = Math.fma(Double.longBitsToDouble(a), Double.longBitsToDouble(b), Double.longBitsToDouble(c));
            if (isSafeResult(result)) {
                return Double.doubleToRawLongBits(result);
            }
        }
        return ExactArithmetic.fusedMultiplyAdd(a, b, c, Format.DOUBLE, mode, flags);
    }

    /// `fmin.d`: the lesser number; a NaN only if both are NaN; -0 is less than +0.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return the result
    public static long min(long a, long b, FloatFlags flags) {
        if (ExactArithmetic.isNan(a) || ExactArithmetic.isNan(b)) {
            return numberOf(a, b, flags);
        }
        return Double.doubleToRawLongBits(Math.min(Double.longBitsToDouble(a), Double.longBitsToDouble(b)));
    }

    /// `fmax.d`: the greater number; a NaN only if both are NaN; -0 is less than +0.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return the result
    public static long max(long a, long b, FloatFlags flags) {
        if (ExactArithmetic.isNan(a) || ExactArithmetic.isNan(b)) {
            return numberOf(a, b, flags);
        }
        return Double.doubleToRawLongBits(Math.max(Double.longBitsToDouble(a), Double.longBitsToDouble(b)));
    }

    private static long numberOf(long a, long b, FloatFlags flags) {
        if (ExactArithmetic.isSignaling(a) || ExactArithmetic.isSignaling(b)) {
            flags.flags |= FloatFlags.NV;
        }
        if (!ExactArithmetic.isNan(a)) {
            return a;
        }
        return ExactArithmetic.isNan(b) ? CANONICAL_NAN : b;
    }

    /// `feq.d`, a quiet comparison: only a signaling NaN is invalid.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return 1 or 0
    public static long equal(long a, long b, FloatFlags flags) {
        if (ExactArithmetic.isSignaling(a) || ExactArithmetic.isSignaling(b)) {
            flags.flags |= FloatFlags.NV;
        }
        return Double.longBitsToDouble(a) == Double.longBitsToDouble(b) ? 1 : 0;
    }

    /// `flt.d`, a signaling comparison: any NaN is invalid.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return 1 or 0
    public static long less(long a, long b, FloatFlags flags) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        if (x < y) {
            return 1;
        }
        if (!(y <= x)) {
            flags.flags |= FloatFlags.NV;
        }
        return 0;
    }

    /// `fle.d`, a signaling comparison: any NaN is invalid.
    ///
    /// @param a the first operand
    /// @param b the second operand
    /// @param flags where exceptions go
    /// @return 1 or 0
    public static long lessOrEqual(long a, long b, FloatFlags flags) {
        double x = Double.longBitsToDouble(a);
        double y = Double.longBitsToDouble(b);
        if (x <= y) {
            return 1;
        }
        if (!(y < x)) {
            flags.flags |= FloatFlags.NV;
        }
        return 0;
    }

    /// `fclass.d`: one bit of ten, from negative infinity (bit 0) to positive infinity (7), signaling NaN (8) and quiet NaN (9).
    ///
    /// @param a the operand
    /// @return the bit
    public static long classify(long a) {
        if (ExactArithmetic.isNan(a)) {
            return ExactArithmetic.isSignaling(a) ? 1 << 8 : 1 << 9;
        }
        int magnitude;
        if (ExactArithmetic.isInfinite(a)) {
            magnitude = 3;
        } else if (isNormal(a)) {
            magnitude = 2;
        } else {
            magnitude = ExactArithmetic.isZero(a) ? 0 : 1;
        }
        return 1L << (a < 0 ? 3 - magnitude : 4 + magnitude);
    }

    /// `fsgnj.d`: `a` with the sign of `b`.
    ///
    /// @param a what gives the magnitude
    /// @param b what gives the sign
    /// @return the result
    public static long copySign(long a, long b) {
        return (a & ~SIGN) | (b & SIGN);
    }

    /// `fsgnjn.d`: `a` with the opposite of `b`'s sign.
    ///
    /// @param a what gives the magnitude
    /// @param b what gives the sign
    /// @return the result
    public static long copyNegatedSign(long a, long b) {
        return (a & ~SIGN) | (~b & SIGN);
    }

    /// `fsgnjx.d`: `a` with its sign flipped where `b` is negative.
    ///
    /// @param a what gives the magnitude
    /// @param b what gives the sign
    /// @return the result
    public static long xorSign(long a, long b) {
        return a ^ (b & SIGN);
    }

    /// The error of a rounded sum: what it lacks to the exact one. Exact itself, by the TwoSum theorem (Knuth; Møller).
    static double sumError(double x, double y, double sum) {
        double part = sum - x;
        return (x - (sum - part)) + (y - part);
    }

    /// Whether a result was neither tiny nor overflowing, so that rounding it can only have raised NX. False for NaN.
    private static boolean isSafeResult(double value) {
        double magnitude = Math.abs(value);
        return magnitude >= SAFE_RESULT && magnitude <= Double.MAX_VALUE;
    }

    /// Whether the exponent field is neither all zeros nor all ones.
    private static boolean isNormal(long bits) {
        return ((bits >>> 52) + 1 & 0x7FF) > 1;
    }

    /// Whether the product of two normal numbers needs more than 53 bits, by its trailing zeros.
    ///
    /// @param product the nearest double, which is normal; its exponent says whether the exact product has 105 or 106 bits. (When
    ///                rounding carried into the exponent, the product was inexact and has at most 51 trailing zeros, which fails too.)
    private static boolean isInexactProduct(long a, long b, long product) {
        int zeros = Long.numberOfTrailingZeros(a | LEADING) + Long.numberOfTrailingZeros(b | LEADING);
        return zeros < 52 + exponentField(product) - exponentField(a) - exponentField(b) + BIAS;
    }

    private static int exponentField(long bits) {
        return (int) (bits >>> 52) & 0x7FF;
    }
}
