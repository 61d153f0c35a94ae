package testudo.hypervisor.soft.fp;

/// A binary interchange format of IEEE 754.
enum Format {
    SINGLE(24, 127), DOUBLE(53, 1023);

    /// Bits of the significand, with the leading one.
    final int precision;
    /// The exponent of the largest finite number.
    final int maxExponent;
    /// The exponent of the smallest normal number.
    final int minExponent;
    /// The bits of positive infinity.
    final long infinity;
    /// The one NaN that operations produce: positive, quiet, no payload.
    final long canonicalNan;
    private final int signShift;

    Format(int precision, int maxExponent) {
        this.precision = precision;
        this.maxExponent = maxExponent;
        minExponent = 1 - maxExponent;
        infinity = (2L * maxExponent + 1) << (precision - 1);
        canonicalNan = infinity | 1L << (precision - 2);
        signShift = precision == 24 ? 32 : 0;
    }

    /// Moves a sign from bit 63 to where this format has it.
    long sign(long sign) {
        return sign >>> signShift;
    }
}
