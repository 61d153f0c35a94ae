package testudo.hypervisor.soft.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.ToIntFunction;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import testudo.hypervisor.soft.difftest.EdgeValues;

/// Arithmetic on numbers against [Oracle], in every mode, with and without NX set before (which chooses other paths).
class FloatPropertyTest {
    private static final int TRIES = 5_000;

    private final FloatFlags flags = new FloatFlags();

    @Provide
    Arbitrary<Long> wide() {
        return Arbitraries.randomValue(EdgeValues::wide);
    }

    @Provide
    Arbitrary<Long> narrow() {
        return Arbitraries.randomValue(random -> Float32.box(EdgeValues.narrow(random)));
    }

    private static boolean finite(long bits) {
        return (bits >>> 52 & 0x7FF) != 0x7FF;
    }

    private static boolean finiteSingle(long bits) {
        return (bits >>> 23 & 0xFF) != 0xFF;
    }

    private static Dyadic single(long bits) {
        return Dyadic.of(bits, Format.SINGLE);
    }

    private interface Operation {
        long apply(int mode, FloatFlags flags);
    }

    private void check(Format format, int mode, boolean negative, ToIntFunction<Dyadic> magnitude, Operation operation) {
        Oracle oracle = new Oracle(format, mode);
        long expected = oracle.round(negative, magnitude) | (format == Format.SINGLE ? Float32.BOX : 0);
        for (int before : new int[]{0, FloatFlags.NX}) {
            flags.flags = before;
            long actual = operation.apply(mode, flags);
            assertEquals(Long.toHexString(expected), Long.toHexString(actual));
            assertEquals(oracle.flags | before, flags.flags);
        }
    }

    private void check(Format format, int mode, Dyadic exact, Operation operation) {
        if (exact.signum() != 0) {
            Dyadic magnitude = exact.abs();
            check(format, mode, exact.signum() < 0, magnitude::compareTo, operation);
        }
    }

    private void checkQuotient(Format format, int mode, Dyadic a, Dyadic b, Operation operation) {
        if (a.signum() != 0 && b.signum() != 0) {
            check(format, mode, a.signum() != b.signum(), other -> a.abs().compareTo(other.times(b.abs())), operation);
        }
    }

    private void checkRoot(Format format, int mode, Dyadic a, Operation operation) {
        if (a.signum() > 0) {
            check(format, mode, false, other -> a.compareTo(other.times(other)), operation);
        }
    }

    @Property(tries = TRIES)
    void doubles(@ForAll("wide") long a, @ForAll("wide") long b, @ForAll("wide") long c, @ForAll @IntRange(max = 4) int mode) {
        if (!finite(a) || !finite(b) || !finite(c)) {
            return;
        }
        Dyadic x = Dyadic.of(a);
        Dyadic y = Dyadic.of(b);
        check(Format.DOUBLE, mode, x.plus(y), (m, f) -> Float64.add(a, b, m, f));
        check(Format.DOUBLE, mode, x.minus(y), (m, f) -> Float64.subtract(a, b, m, f));
        check(Format.DOUBLE, mode, x.times(y), (m, f) -> Float64.multiply(a, b, m, f));
        check(Format.DOUBLE, mode, x.times(y).plus(Dyadic.of(c)), (m, f) -> Float64.fusedMultiplyAdd(a, b, c, m, f));
        checkQuotient(Format.DOUBLE, mode, x, y, (m, f) -> Float64.divide(a, b, m, f));
        checkRoot(Format.DOUBLE, mode, x, (m, f) -> Float64.squareRoot(a, m, f));
        check(Format.SINGLE, mode, x, (m, f) -> FloatConversions.doubleToSingle(a, m, f));
    }

    /// Products and sums that cancel: the addend is near the negative product.
    @Property(tries = TRIES)
    void cancellation(@ForAll("wide") long a, @ForAll("wide") long b, @ForAll @IntRange(min = -3, max = 3) int ulps,
            @ForAll @IntRange(max = 4) int mode) {
        long product = Double.doubleToRawLongBits(Double.longBitsToDouble(a) * Double.longBitsToDouble(b)) ^ Long.MIN_VALUE;
        long c = product + ulps;
        if (!finite(a) || !finite(b) || !finite(c)) {
            return;
        }
        check(Format.DOUBLE, mode, Dyadic.of(a).times(Dyadic.of(b)).plus(Dyadic.of(c)), (m, f) -> Float64.fusedMultiplyAdd(a, b, c, m, f));
    }

    @Property(tries = TRIES)
    void singles(@ForAll("narrow") long a, @ForAll("narrow") long b, @ForAll("narrow") long c, @ForAll @IntRange(max = 4) int mode) {
        if (!finiteSingle(a) || !finiteSingle(b) || !finiteSingle(c)) {
            return;
        }
        Dyadic x = single(a);
        Dyadic y = single(b);
        check(Format.SINGLE, mode, x.plus(y), (m, f) -> Float32.add(a, b, m, f));
        check(Format.SINGLE, mode, x.minus(y), (m, f) -> Float32.subtract(a, b, m, f));
        check(Format.SINGLE, mode, x.times(y), (m, f) -> Float32.multiply(a, b, m, f));
        check(Format.SINGLE, mode, x.times(y).plus(single(c)), (m, f) -> Float32.fusedMultiplyAdd(a, b, c, m, f));
        checkQuotient(Format.SINGLE, mode, x, y, (m, f) -> Float32.divide(a, b, m, f));
        checkRoot(Format.SINGLE, mode, x, (m, f) -> Float32.squareRoot(a, m, f));
        check(Format.DOUBLE, mode, x, (m, f) -> FloatConversions.singleToDouble(a, f));
    }

    @Provide
    Arbitrary<Long> integers() {
        return Arbitraries.randomValue(EdgeValues::integer);
    }

    @Property(tries = TRIES)
    void fromIntegers(@ForAll("integers") long a, @ForAll @IntRange(max = 4) int mode) {
        Dyadic signed = new Dyadic(java.math.BigInteger.valueOf(a), 0);
        Dyadic unsigned = new Dyadic(new java.math.BigInteger(Long.toUnsignedString(a)), 0);
        Dyadic low = new Dyadic(java.math.BigInteger.valueOf((int) a), 0);
        Dyadic unsignedLow = new Dyadic(java.math.BigInteger.valueOf(a & 0xFFFF_FFFFL), 0);
        check(Format.DOUBLE, mode, signed, (m, f) -> FloatConversions.longToDouble(a, m, f));
        check(Format.DOUBLE, mode, unsigned, (m, f) -> FloatConversions.unsignedLongToDouble(a, m, f));
        check(Format.DOUBLE, mode, low, (m, f) -> FloatConversions.intToDouble(a));
        check(Format.DOUBLE, mode, unsignedLow, (m, f) -> FloatConversions.unsignedIntToDouble(a));
        check(Format.SINGLE, mode, signed, (m, f) -> FloatConversions.longToSingle(a, m, f));
        check(Format.SINGLE, mode, unsigned, (m, f) -> FloatConversions.unsignedLongToSingle(a, m, f));
        check(Format.SINGLE, mode, low, (m, f) -> FloatConversions.intToSingle(a, m, f));
        check(Format.SINGLE, mode, unsignedLow, (m, f) -> FloatConversions.unsignedIntToSingle(a, m, f));
    }
}
