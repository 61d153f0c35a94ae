package testudo.hypervisor.soft.fp;

/// Conversions between integers, singles and doubles.
///
/// Singles are whole f registers, boxed as in [Float32]. 32-bit integers come and go as x registers hold them: operands in the low half,
/// results sign-extended (also unsigned ones). A number beyond the integer's range gives the nearest end of it and NV, a NaN the largest
/// integer and NV.
///
/// Source: RISC-V Unprivileged ISA, "Single-Precision Floating-Point Conversion and Move Instructions".
public final class FloatConversions {
    private static final double TWO_31 = 0x1p31;
    private static final double TWO_32 = 0x1p32;
    private static final double TWO_63 = 0x1p63;
    private static final double TWO_64 = 0x1p64;
    /// Integers up to this magnitude are doubles.
    private static final long EXACT_IN_DOUBLE = 1L << 53;

    private FloatConversions() {}

    /// `fcvt.w.d`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long doubleToInt(long a, int mode, FloatFlags flags) {
        return toInt(Double.longBitsToDouble(a), mode, flags);
    }

    /// `fcvt.wu.d`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long doubleToUnsignedInt(long a, int mode, FloatFlags flags) {
        return toUnsignedInt(Double.longBitsToDouble(a), mode, flags);
    }

    /// `fcvt.l.d`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long doubleToLong(long a, int mode, FloatFlags flags) {
        return toLong(Double.longBitsToDouble(a), mode, flags);
    }

    /// `fcvt.lu.d`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long doubleToUnsignedLong(long a, int mode, FloatFlags flags) {
        return toUnsignedLong(Double.longBitsToDouble(a), mode, flags);
    }

    /// `fcvt.w.s`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long singleToInt(long a, int mode, FloatFlags flags) {
        return toInt(Float.intBitsToFloat(Float32.unbox(a)), mode, flags);
    }

    /// `fcvt.wu.s`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long singleToUnsignedInt(long a, int mode, FloatFlags flags) {
        return toUnsignedInt(Float.intBitsToFloat(Float32.unbox(a)), mode, flags);
    }

    /// `fcvt.l.s`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long singleToLong(long a, int mode, FloatFlags flags) {
        return toLong(Float.intBitsToFloat(Float32.unbox(a)), mode, flags);
    }

    /// `fcvt.lu.s`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long singleToUnsignedLong(long a, int mode, FloatFlags flags) {
        return toUnsignedLong(Float.intBitsToFloat(Float32.unbox(a)), mode, flags);
    }

    private static long toInt(double value, int mode, FloatFlags flags) {
        double whole = Rounding.integral(value, mode);
        if (whole >= -TWO_31 && whole < TWO_31) {
            inexactUnless(whole == value, flags);
            return (long) whole;
        }
        flags.flags |= FloatFlags.NV;
        return whole < 0 ? Integer.MIN_VALUE : Integer.MAX_VALUE;
    }

    private static long toUnsignedInt(double value, int mode, FloatFlags flags) {
        double whole = Rounding.integral(value, mode);
        if (whole >= 0 && whole < TWO_32) {
            inexactUnless(whole == value, flags);
            return (int) (long) whole;
        }
        flags.flags |= FloatFlags.NV;
        return whole < 0 ? 0 : -1;
    }

    private static long toLong(double value, int mode, FloatFlags flags) {
        double whole = Rounding.integral(value, mode);
        if (whole >= -TWO_63 && whole < TWO_63) {
            inexactUnless(whole == value, flags);
            return (long) whole;
        }
        flags.flags |= FloatFlags.NV;
        return whole < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }

    private static long toUnsignedLong(double value, int mode, FloatFlags flags) {
        double whole = Rounding.integral(value, mode);
        if (whole >= 0 && whole < TWO_64) {
            inexactUnless(whole == value, flags);
            return whole < TWO_63 ? (long) whole : (long) (whole - TWO_63) ^ Long.MIN_VALUE;
        }
        flags.flags |= FloatFlags.NV;
        return whole < 0 ? 0 : -1;
    }

    private static void inexactUnless(boolean exact, FloatFlags flags) {
        if (!exact) {
            flags.flags |= FloatFlags.NX;
        }
    }

    /// `fcvt.d.w`, always exact.
    ///
    /// @param a the operand
    /// @return the result
    public static long intToDouble(long a) {
        return Double.doubleToRawLongBits((int) a);
    }

    /// `fcvt.d.wu`, always exact.
    ///
    /// @param a the operand
    /// @return the result
    public static long unsignedIntToDouble(long a) {
        return Double.doubleToRawLongBits((double) (a & 0xFFFF_FFFFL));
    }

    /// `fcvt.d.l`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long longToDouble(long a, int mode, FloatFlags flags) {
        if (a >= -EXACT_IN_DOUBLE && a <= EXACT_IN_DOUBLE) {
            return Double.doubleToRawLongBits((double) a);
        }
        return fromLong(a, Format.DOUBLE, mode, flags);
    }

    /// `fcvt.d.lu`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long unsignedLongToDouble(long a, int mode, FloatFlags flags) {
        return fromUnsigned(0, a, Format.DOUBLE, mode, flags);
    }

    /// `fcvt.s.w`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long intToSingle(long a, int mode, FloatFlags flags) {
        return exactToSingle((int) a, mode, flags);
    }

    /// `fcvt.s.wu`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long unsignedIntToSingle(long a, int mode, FloatFlags flags) {
        return exactToSingle((double) (a & 0xFFFF_FFFFL), mode, flags);
    }

    /// `fcvt.s.l`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long longToSingle(long a, int mode, FloatFlags flags) {
        if (a >= -EXACT_IN_DOUBLE && a <= EXACT_IN_DOUBLE) {
            return exactToSingle((double) a, mode, flags);
        }
        return fromLong(a, Format.SINGLE, mode, flags) | Float32.BOX;
    }

    /// `fcvt.s.lu`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long unsignedLongToSingle(long a, int mode, FloatFlags flags) {
        return fromUnsigned(0, a, Format.SINGLE, mode, flags) | Float32.BOX;
    }

    /// Rounds an integer that a double holds exactly.
    private static long exactToSingle(double value, int mode, FloatFlags flags) {
        if (mode != Rounding.RNE) {
            return ExactArithmetic.convert(Double.doubleToRawLongBits(value), Format.SINGLE, mode, flags) | Float32.BOX;
        }
        float rounded = (float) value;
        inexactUnless(rounded == value, flags);
        return Float32.box(Float.floatToRawIntBits(rounded));
    }

    private static long fromLong(long value, Format format, int mode, FloatFlags flags) {
        return fromUnsigned(value & Float64.SIGN, Math.abs(value), format, mode, flags);
    }

    private static long fromUnsigned(long sign, long magnitude, Format format, int mode, FloatFlags flags) {
        if (magnitude == 0) {
            return 0;
        }
        int shift = Long.numberOfLeadingZeros(magnitude);
        return Rounding.round(sign, 63 - shift, magnitude << shift, format, mode, flags);
    }

    /// `fcvt.d.s`, exact for numbers.
    ///
    /// @param a the operand
    /// @param flags where exceptions go
    /// @return the result
    public static long singleToDouble(long a, FloatFlags flags) {
        int bits = Float32.unbox(a);
        float value = Float.intBitsToFloat(bits);
        if (!Float.isNaN(value)) {
            return Double.doubleToRawLongBits(value);
        }
        return ExactArithmetic.convert(Float32.widen(bits), Format.DOUBLE, Rounding.RNE, flags);
    }

    /// `fcvt.s.d`.
    ///
    /// @param a the operand
    /// @param mode one of [Rounding]'s constants
    /// @param flags where exceptions go
    /// @return the result
    public static long doubleToSingle(long a, int mode, FloatFlags flags) {
        double value = Double.longBitsToDouble(a);
        float rounded = (float) value;
        if (mode == Rounding.RNE && Float32.isSafeResult(rounded)) {
            inexactUnless(rounded == value, flags);
            return Float32.box(Float.floatToRawIntBits(rounded));
        }
        return ExactArithmetic.convert(a, Format.SINGLE, mode, flags) | Float32.BOX;
    }
}
