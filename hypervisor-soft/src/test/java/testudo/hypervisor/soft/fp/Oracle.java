package testudo.hypervisor.soft.fp;

import java.util.function.ToIntFunction;

/// IEEE 754 rounding by its definition: the two neighbours of an exact number are searched for, and the mode chooses one of them.
///
/// Shares nothing with the code under test. A number is known by how it compares with others, so that quotients and roots need no
/// digits.
final class Oracle {
    private final Format format;
    private final int mode;
    /// What the last rounding raised.
    int flags;

    Oracle(Format format, int mode) {
        this.format = format;
        this.mode = mode;
    }

    /// Rounds a number other than zero.
    ///
    /// @param negative  its sign
    /// @param magnitude compares its magnitude with another: negative, zero or positive as it is less, equal or greater
    long round(boolean negative, ToIntFunction<Dyadic> magnitude) {
        long low = 0;
        long high = format.infinity;
        while (high - low > 1) {
            long middle = low + high >>> 1;
            if (magnitude.applyAsInt(value(middle)) >= 0) {
                low = middle;
            } else {
                high = middle;
            }
        }
        boolean exact = magnitude.applyAsInt(value(low)) == 0;
        boolean up = !exact && choosesUpper(negative, (low & 1) != 0, magnitude, value(low), value(low + 1));
        long result = up ? low + 1 : low;
        boolean overflow = result == format.infinity || low == format.infinity - 1 && magnitude.applyAsInt(value(format.infinity)) >= 0;
        flags = exact ? 0 : FloatFlags.NX;
        if (overflow) {
            flags = FloatFlags.NX | FloatFlags.OF;
        } else if (!exact && isTiny(negative, magnitude)) {
            flags = FloatFlags.NX | FloatFlags.UF;
        }
        return result | (negative ? format.sign(Long.MIN_VALUE) : 0);
    }

    /// Infinity counts as the number that would follow the largest one.
    private Dyadic value(long bits) {
        return bits == format.infinity ? Dyadic.powerOfTwo(format.maxExponent + 1) : Dyadic.of(bits, format);
    }

    private boolean choosesUpper(boolean negative, boolean lowerIsOdd, ToIntFunction<Dyadic> magnitude, Dyadic lower, Dyadic upper) {
        int half = magnitude.applyAsInt(lower.plus(upper).half());
        return switch (mode) {
            case Rounding.RNE -> half > 0 || half == 0 && lowerIsOdd;
            case Rounding.RMM -> half >= 0;
            case Rounding.RDN -> negative;
            case Rounding.RUP -> !negative;
            default -> false;
        };
    }

    /// After rounding as if exponents had no end.
    private boolean isTiny(boolean negative, ToIntFunction<Dyadic> magnitude) {
        Dyadic normal = Dyadic.powerOfTwo(format.minExponent);
        if (magnitude.applyAsInt(normal) >= 0) {
            return false;
        }
        Dyadic below = normal.minus(Dyadic.powerOfTwo(format.minExponent - format.precision));
        return magnitude.applyAsInt(below) <= 0 || !choosesUpper(negative, true, magnitude, below, normal);
    }
}
