package testudo.hypervisor.soft.fp;

import java.math.BigInteger;

/// An exact number `mantissa × 2^exponent`: what every finite float is, and every sum and product of floats.
record Dyadic(BigInteger mantissa, int exponent) implements Comparable<Dyadic> {
    static Dyadic of(long bits) {
        return of(bits, Format.DOUBLE);
    }

    /// The number that the bits of a finite float stand for.
    static Dyadic of(long bits, Format format) {
        int fraction = format.precision - 1;
        boolean negative = format == Format.SINGLE ? (int) bits < 0 : bits < 0;
        long magnitude = bits & (format == Format.SINGLE ? 0x7FFF_FFFFL : Long.MAX_VALUE);
        long field = magnitude >>> fraction;
        long mantissa = magnitude & (1L << fraction) - 1;
        int exponent = format.minExponent - fraction;
        if (field != 0) {
            mantissa |= 1L << fraction;
            exponent += (int) field - 1;
        }
        return new Dyadic(BigInteger.valueOf(negative ? -mantissa : mantissa), exponent);
    }

    static Dyadic powerOfTwo(int exponent) {
        return new Dyadic(BigInteger.ONE, exponent);
    }

    private BigInteger at(int lower) {
        return mantissa.shiftLeft(exponent - lower);
    }

    Dyadic plus(Dyadic other) {
        int lower = Math.min(exponent, other.exponent);
        return new Dyadic(at(lower).add(other.at(lower)), lower);
    }

    Dyadic minus(Dyadic other) {
        return plus(new Dyadic(other.mantissa.negate(), other.exponent));
    }

    Dyadic times(Dyadic other) {
        return new Dyadic(mantissa.multiply(other.mantissa), exponent + other.exponent);
    }

    Dyadic half() {
        return new Dyadic(mantissa, exponent - 1);
    }

    Dyadic abs() {
        return new Dyadic(mantissa.abs(), exponent);
    }

    int signum() {
        return mantissa.signum();
    }

    @Override
    public int compareTo(Dyadic other) {
        return minus(other).signum();
    }
}
