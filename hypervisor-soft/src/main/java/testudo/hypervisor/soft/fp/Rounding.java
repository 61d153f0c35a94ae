package testudo.hypervisor.soft.fp;

/// Rounding modes, and rounding itself.
///
/// A mode is the number that an instruction's `rm` field or `frm` holds. The value 7 (dynamic) is the caller's to replace with `frm`, and
/// reserved values are the caller's to refuse: functions of this package treat them as [#RTZ].
///
/// Source: RISC-V Unprivileged ISA, "Floating-Point Control and Status Register".
public final class Rounding {
    /// To nearest, ties to even.
    public static final int RNE = 0;
    /// Towards zero.
    public static final int RTZ = 1;
    /// Down, towards negative infinity.
    public static final int RDN = 2;
    /// Up, towards positive infinity.
    public static final int RUP = 3;
    /// To nearest, ties to the larger magnitude.
    public static final int RMM = 4;

    private Rounding() {}

    /// Rounds a number to a format, and gives its bits without a NaN box.
    ///
    /// The number is `significand / 2^63 × 2^exponent`; bit 0 of the significand also stands for everything that follows it, so that
    /// it is 1 when anything was cut off.
    ///
    /// @param sign        the sign bit at bit 63, and nothing else
    /// @param exponent    the unbiased exponent; far beyond the format's range is fine
    /// @param significand normalised: bit 63 is set
    /// @param format      where to round to
    static long round(long sign, int exponent, long significand, Format format, int mode, FloatFlags flags) {
        int drop = 64 - format.precision;
        long bits = significand;
        int scale = exponent;
        boolean tiny = false;
        if (scale < format.minExponent) {
            // Tiny "after rounding": the same number, rounded with an unbounded exponent, stays below the smallest normal one.
            tiny = scale < format.minExponent - 1
                    || ((bits >>> drop) + increment(sign, bits, drop, mode)) >>> format.precision == 0;
            bits = shiftRightSticky(bits, format.minExponent - scale);
            scale = format.minExponent;
        } else if (scale > format.maxExponent) {
            return overflow(sign, format, mode, flags);
        }
        long kept = (bits >>> drop) + increment(sign, bits, drop, mode);
        if (bits << format.precision != 0) {
            flags.flags |= tiny ? FloatFlags.NX | FloatFlags.UF : FloatFlags.NX;
        }
        // The leading bit of `kept` adds one to the exponent field of a normal number; a carry out of rounding adds one more.
        long magnitude = ((long) (scale - format.minExponent) << (format.precision - 1)) + kept;
        if (magnitude >= format.infinity) {
            return overflow(sign, format, mode, flags);
        }
        return format.sign(sign) | magnitude;
    }

    /// What rounding adds to the number once its lowest bits are cut off: 0 or 1.
    private static int increment(long sign, long bits, int drop, int mode) {
        long half = 1L << (drop - 1);
        long rest = bits & ((half << 1) - 1);
        boolean up = switch (mode) {
            case RNE -> rest > half || (rest == half && (bits >>> drop & 1) != 0);
            case RDN -> sign != 0 && rest != 0;
            case RUP -> sign == 0 && rest != 0;
            case RMM -> rest >= half;
            default -> false;
        };
        return up ? 1 : 0;
    }

    private static long overflow(long sign, Format format, int mode, FloatFlags flags) {
        flags.flags |= FloatFlags.OF | FloatFlags.NX;
        boolean infinite = switch (mode) {
            case RNE, RMM -> true;
            case RDN -> sign != 0;
            case RUP -> sign == 0;
            default -> false;
        };
        return format.sign(sign) | (infinite ? format.infinity : format.infinity - 1);
    }

    /// Shifts right; bit 0 of the result is also set when a one was shifted out.
    ///
    /// @param distance 0 or more, without an upper bound
    static long shiftRightSticky(long bits, int distance) {
        if (distance == 0) {
            return bits;
        }
        if (distance > 63) {
            return bits != 0 ? 1 : 0;
        }
        return bits >>> distance | (bits << -distance != 0 ? 1 : 0);
    }

    /// Rounds a double to an integral one, without saying whether anything was cut off. NaN and infinities stay.
    static double integral(double value, int mode) {
        return switch (mode) {
            case RNE -> Math.rint(value);
            case RDN -> Math.floor(value);
            case RUP -> Math.ceil(value);
            case RMM -> {
                double whole = truncate(value);
                // Exact: whoever has a fraction is below 2^52.
                yield Math.abs(value - whole) >= 0.5 ? whole + Math.copySign(1.0, value) : whole;
            }
            default -> truncate(value);
        };
    }

    private static double truncate(double value) {
        return value < 0 ? Math.ceil(value) : Math.floor(value);
    }
}
