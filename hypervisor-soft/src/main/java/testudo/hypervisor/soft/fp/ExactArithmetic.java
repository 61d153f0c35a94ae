package testudo.hypervisor.soft.fp;

/// Arithmetic for every rounding mode and every operand, with integers only.
///
/// Operands are the bits of doubles, which hold every single exactly; the result is rounded once, to the format that is asked for, and is
/// given as that format's bits (a single in the low half, without its NaN box).
///
/// Source: IEEE 754-2019, 5.4 "formatOf general-computational operations"; RISC-V Unprivileged ISA, "NaN Generation and Propagation".
final class ExactArithmetic {
    static final long SIGN = 1L << 63;
    static final long INFINITY = 0x7FFL << 52;
    private static final long QUIET = 1L << 51;
    private static final long FRACTION = (1L << 52) - 1;
    private static final long LEADING = 1L << 52;
    private static final int BIAS = 1023;

    private ExactArithmetic() {}

    static boolean isNan(long bits) {
        return (bits & ~SIGN) > INFINITY;
    }

    static boolean isSignaling(long bits) {
        return isNan(bits) && (bits & QUIET) == 0;
    }

    static boolean isInfinite(long bits) {
        return (bits & ~SIGN) == INFINITY;
    }

    static boolean isZero(long bits) {
        return (bits & ~SIGN) == 0;
    }

    /// The significand of a finite number other than zero, with its leading bit at bit 63.
    private static long significand(long bits) {
        long fraction = bits & FRACTION;
        return (bits & INFINITY) != 0 ? (fraction | LEADING) << 11 : fraction << Long.numberOfLeadingZeros(fraction);
    }

    /// The unbiased exponent that belongs to [#significand].
    private static int exponent(long bits) {
        int field = (int) (bits >>> 52) & 0x7FF;
        return field != 0 ? field - BIAS : 1 - BIAS + 11 - Long.numberOfLeadingZeros(bits & FRACTION);
    }

    private static long nan(long a, long b, Format format, FloatFlags flags) {
        if (isSignaling(a) || isSignaling(b)) {
            flags.flags |= FloatFlags.NV;
        }
        return format.canonicalNan;
    }

    private static long invalid(Format format, FloatFlags flags) {
        flags.flags |= FloatFlags.NV;
        return format.canonicalNan;
    }

    /// Rounds one number: a change of format.
    static long convert(long a, Format format, int mode, FloatFlags flags) {
        if (isNan(a)) {
            return nan(a, a, format, flags);
        }
        long sign = a & SIGN;
        if (isInfinite(a)) {
            return format.sign(sign) | format.infinity;
        }
        return isZero(a) ? format.sign(sign) : Rounding.round(sign, exponent(a), significand(a), format, mode, flags);
    }

    static long add(long a, long b, Format format, int mode, FloatFlags flags) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, format, flags);
        }
        if (isInfinite(a)) {
            return isInfinite(b) && a != b ? invalid(format, flags) : convert(a, format, mode, flags);
        }
        if (isInfinite(b) || (isZero(a) && !isZero(b))) {
            return convert(b, format, mode, flags);
        }
        if (isZero(b)) {
            return isZero(a) ? format.sign(zeroSign(a, b, mode)) : convert(a, format, mode, flags);
        }
        boolean swap = Long.compareUnsigned(a & ~SIGN, b & ~SIGN) < 0;
        long large = swap ? b : a;
        long small = swap ? a : b;
        // One bit of headroom for the carry: bit 62 leads.
        long high = significand(large) >>> 1;
        long low = Rounding.shiftRightSticky(significand(small) >>> 1, exponent(large) - exponent(small));
        long sum = (a ^ b) < 0 ? high - low : high + low;
        if (sum == 0) {
            return format.sign(mode == Rounding.RDN ? SIGN : 0);
        }
        int shift = Long.numberOfLeadingZeros(sum);
        return Rounding.round(large & SIGN, exponent(large) + 1 - shift, sum << shift, format, mode, flags);
    }

    /// The sign of a sum of zeros, or of an exact cancellation (then the signs differ).
    private static long zeroSign(long a, long b, int mode) {
        if ((a ^ b) < 0) {
            return mode == Rounding.RDN ? SIGN : 0;
        }
        return a & SIGN;
    }

    static long multiply(long a, long b, Format format, int mode, FloatFlags flags) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, format, flags);
        }
        long sign = (a ^ b) & SIGN;
        if (isInfinite(a) || isInfinite(b)) {
            return isZero(a) || isZero(b) ? invalid(format, flags) : format.sign(sign) | format.infinity;
        }
        if (isZero(a) || isZero(b)) {
            return format.sign(sign);
        }
        long x = significand(a);
        long y = significand(b);
        long high = Math.unsignedMultiplyHigh(x, y);
        long low = x * y;
        int exponent = exponent(a) + exponent(b) + 1;
        if (high > 0) {
            high = high << 1 | low >>> 63;
            low <<= 1;
            exponent--;
        }
        return Rounding.round(sign, exponent, high | (low != 0 ? 1 : 0), format, mode, flags);
    }

    static long divide(long a, long b, Format format, int mode, FloatFlags flags) {
        if (isNan(a) || isNan(b)) {
            return nan(a, b, format, flags);
        }
        long sign = (a ^ b) & SIGN;
        if (isInfinite(a)) {
            return isInfinite(b) ? invalid(format, flags) : format.sign(sign) | format.infinity;
        }
        if (isZero(b)) {
            if (isZero(a)) {
                return invalid(format, flags);
            }
            flags.flags |= FloatFlags.DZ;
            return format.sign(sign) | format.infinity;
        }
        if (isZero(a) || isInfinite(b)) {
            return format.sign(sign);
        }
        long x = significand(a) >>> 11;
        long y = significand(b) >>> 11;
        int shift = x >= y ? 52 : 53;
        // The host gives the nearest 53-bit quotient. The remainder is below half the divisor, so that its low 64 bits say all of it;
        // a quotient of two 53-bit numbers is never half-way between two others.
        long quotient = (long) ((double) x / (double) y * (double) (1L << shift));
        long remainder = (x << shift) - quotient * y;
        return Rounding.round(sign, exponent(a) - exponent(b) + 52 - shift, withRest(quotient, remainder), format, mode, flags);
    }

    static long squareRoot(long a, Format format, int mode, FloatFlags flags) {
        if (isNan(a)) {
            return nan(a, a, format, flags);
        }
        if (isZero(a)) {
            return format.sign(a);
        }
        if (a < 0) {
            return invalid(format, flags);
        }
        if (isInfinite(a)) {
            return format.infinity;
        }
        int exponent = exponent(a);
        int odd = exponent & 1;
        long x = significand(a) >>> 11;
        // As in a division: the nearest 53-bit root of x × 2^(52 + odd), and what it leaves.
        long root = (long) Math.sqrt((double) x * (double) (1L << (52 + odd)));
        long remainder = (x << (52 + odd)) - root * root;
        return Rounding.round(0, (exponent - odd) / 2, withRest(root, remainder), format, mode, flags);
    }

    /// A number's nearest 53-bit integer and the sign of what is left, as a normalised significand: one more bit, then the sticky one.
    private static long withRest(long nearest, long remainder) {
        long wide;
        if (remainder < 0) {
            wide = (nearest - 1) << 2 | 3;
        } else {
            wide = nearest << 2 | (remainder > 0 ? 1 : 0);
        }
        return wide << 9;
    }

    /// `a × b + c`, rounded once.
    static long fusedMultiplyAdd(long a, long b, long c, Format format, int mode, FloatFlags flags) {
        if ((isInfinite(a) && isZero(b)) || (isZero(a) && isInfinite(b))) {
            return invalid(format, flags);
        }
        if (isNan(a) || isNan(b) || isNan(c)) {
            return nan(isSignaling(c) ? c : a, b, format, flags);
        }
        long sign = (a ^ b) & SIGN;
        if (isInfinite(a) || isInfinite(b)) {
            return isInfinite(c) && (c & SIGN) != sign ? invalid(format, flags) : format.sign(sign) | format.infinity;
        }
        if (isInfinite(c)) {
            return convert(c, format, mode, flags);
        }
        if (isZero(a) || isZero(b)) {
            return isZero(c) ? format.sign(zeroSign(sign, c, mode)) : convert(c, format, mode, flags);
        }
        if (isZero(c)) {
            return multiply(a, b, format, mode, flags);
        }
        return multiplyAddFinite(a, b, c, format, mode, flags);
    }

    /// `a × b + c` of finite numbers, none of them zero: a sum of 128-bit significands whose bit 126 leads.
    private static long multiplyAddFinite(long a, long b, long c, Format format, int mode, FloatFlags flags) {
        long x = significand(a);
        long y = significand(b);
        long sign = (a ^ b) & SIGN;
        int exponent = exponent(a) + exponent(b);
        long high = Math.unsignedMultiplyHigh(x, y);
        long low = x * y;
        if (high < 0) {
            low = low >>> 1 | high << 63;
            high >>>= 1;
            exponent++;
        }
        long otherHigh = significand(c) >>> 1;
        long otherLow = 0;
        int distance = exponent - exponent(c);
        if (distance > 0) {
            otherLow = lowAfterShift(otherHigh, 0, distance);
            otherHigh = distance > 63 ? 0 : otherHigh >>> distance;
        } else if (distance < 0) {
            low = lowAfterShift(high, low, -distance);
            high = distance < -63 ? 0 : high >>> -distance;
            exponent -= distance;
        }
        if ((sign ^ c) >= 0) {
            low += otherLow;
            high += otherHigh + (Long.compareUnsigned(low, otherLow) < 0 ? 1 : 0);
        } else {
            long borrow = Long.compareUnsigned(low, otherLow) < 0 ? 1 : 0;
            low -= otherLow;
            high -= otherHigh + borrow;
            if (high < 0) {
                sign ^= SIGN;
                low = -low;
                high = ~high + (low == 0 ? 1 : 0);
            }
            if ((high | low) == 0) {
                return format.sign(mode == Rounding.RDN ? SIGN : 0);
            }
        }
        if (high == 0) {
            high = low;
            low = 0;
            exponent -= 64;
        }
        int shift = Long.numberOfLeadingZeros(high);
        if (shift != 0) {
            high = high << shift | low >>> -shift;
            low <<= shift;
        }
        return Rounding.round(sign, exponent + 1 - shift, high | (low != 0 ? 1 : 0), format, mode, flags);
    }

    /// The low half of a 128-bit number shifted right by 1 or more; its bit 0 is also set when a one was shifted out.
    private static long lowAfterShift(long high, long low, int distance) {
        if (distance < 64) {
            return high << -distance | low >>> distance | (low << -distance != 0 ? 1 : 0);
        }
        return Rounding.shiftRightSticky(high, distance - 64) | (low != 0 ? 1 : 0);
    }
}
