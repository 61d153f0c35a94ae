package testudo.hypervisor.soft.fp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.testing.driver.AllocatedBytes;

/// NaN, infinities, zeros and broken boxes: what arithmetic on numbers (see [FloatPropertyTest]) does not meet.
class FloatSpecialsTest {
    private static final long ONE = 0x3FF0_0000_0000_0000L;
    private static final long INFINITY = 0x7FF0_0000_0000_0000L;
    private static final long SIGNALING = 0x7FF0_0000_0000_0001L;
    private static final long QUIET = 0xFFF8_0000_0000_1234L;
    private static final long NAN = Float64.CANONICAL_NAN;
    private static final long NEGATIVE_ZERO = Long.MIN_VALUE;

    private static final long SINGLE_NAN = Float32.box(0x7FC0_0000);
    private static final long SINGLE_ONE = Float32.box(0x3F80_0000);
    private static final long SINGLE_SIGNALING = Float32.box(0x7F80_0001);

    private final FloatFlags flags = new FloatFlags();

    private void expect(long result, int raised, long actual) {
        assertEquals(Long.toHexString(result), Long.toHexString(actual));
        assertEquals(raised, flags.flags);
        flags.flags = 0;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void nanGivesTheCanonicalNan(int mode) {
        expect(NAN, 0, Float64.add(QUIET, ONE, mode, flags));
        expect(NAN, 0, Float64.multiply(ONE, QUIET, mode, flags));
        expect(NAN, 0, Float64.squareRoot(QUIET, mode, flags));
        expect(NAN, 0, Float64.fusedMultiplyAdd(ONE, ONE, QUIET, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.add(SIGNALING, ONE, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.divide(QUIET, SIGNALING, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.fusedMultiplyAdd(ONE, ONE, SIGNALING, mode, flags));
        expect(SINGLE_NAN, FloatFlags.NV, Float32.add(SINGLE_ONE, SINGLE_SIGNALING, mode, flags));
        expect(SINGLE_NAN, 0, FloatConversions.doubleToSingle(QUIET, mode, flags));
        expect(NAN, FloatFlags.NV, FloatConversions.singleToDouble(SINGLE_SIGNALING, flags));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void invalidOperations(int mode) {
        expect(NAN, FloatFlags.NV, Float64.subtract(INFINITY, INFINITY, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.multiply(INFINITY, 0, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.divide(0, NEGATIVE_ZERO, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.divide(INFINITY, INFINITY, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.squareRoot(ONE | Float64.SIGN, mode, flags));
        // Also with a quiet NaN to add.
        expect(NAN, FloatFlags.NV, Float64.fusedMultiplyAdd(INFINITY, 0, QUIET, mode, flags));
        expect(NAN, FloatFlags.NV, Float64.fusedMultiplyAdd(INFINITY, ONE, INFINITY | Float64.SIGN, mode, flags));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4})
    void infinitiesAndZeros(int mode) {
        expect(INFINITY, 0, Float64.add(INFINITY, ONE, mode, flags));
        expect(INFINITY | Float64.SIGN, FloatFlags.DZ, Float64.divide(ONE, NEGATIVE_ZERO, mode, flags));
        expect(INFINITY, 0, Float64.divide(INFINITY, 0, mode, flags));
        expect(NEGATIVE_ZERO, 0, Float64.divide(ONE | Float64.SIGN, INFINITY, mode, flags));
        expect(NEGATIVE_ZERO, 0, Float64.squareRoot(NEGATIVE_ZERO, mode, flags));
        long cancelled = mode == Rounding.RDN ? NEGATIVE_ZERO : 0;
        expect(cancelled, 0, Float64.subtract(ONE, ONE, mode, flags));
        expect(cancelled, 0, Float64.add(0, NEGATIVE_ZERO, mode, flags));
        expect(cancelled, 0, Float64.fusedMultiplyAdd(ONE, ONE, ONE | Float64.SIGN, mode, flags));
        expect(NEGATIVE_ZERO, 0, Float64.add(NEGATIVE_ZERO, NEGATIVE_ZERO, mode, flags));
        expect(NEGATIVE_ZERO, 0, Float64.multiply(0, ONE | Float64.SIGN, mode, flags));
    }

    @Test
    void minimumAndMaximumPreferNumbers() {
        expect(ONE, 0, Float64.min(QUIET, ONE, flags));
        expect(ONE, FloatFlags.NV, Float64.max(ONE, SIGNALING, flags));
        expect(NAN, 0, Float64.max(QUIET, QUIET, flags));
        expect(NEGATIVE_ZERO, 0, Float64.min(0, NEGATIVE_ZERO, flags));
        expect(0, 0, Float64.max(NEGATIVE_ZERO, 0, flags));
        expect(SINGLE_ONE, FloatFlags.NV, Float32.min(SINGLE_SIGNALING, SINGLE_ONE, flags));
    }

    @Test
    void onlyOrderedComparisonsDislikeQuietNan() {
        expect(0, 0, Float64.equal(QUIET, QUIET, flags));
        expect(0, FloatFlags.NV, Float64.equal(SIGNALING, ONE, flags));
        expect(0, FloatFlags.NV, Float64.less(QUIET, ONE, flags));
        expect(0, FloatFlags.NV, Float64.lessOrEqual(ONE, QUIET, flags));
        expect(1, 0, Float64.equal(0, NEGATIVE_ZERO, flags));
        expect(0, 0, Float64.less(NEGATIVE_ZERO, 0, flags));
    }

    /// A single whose upper half is not all ones counts as the canonical NaN.
    @Test
    void brokenBoxes() {
        long broken = 0x3F80_0000L;
        expect(SINGLE_NAN, 0, Float32.add(broken, SINGLE_ONE, Rounding.RNE, flags));
        expect(SINGLE_ONE, 0, Float32.min(broken, SINGLE_ONE, flags));
        expect(1 << 9, 0, Float32.classify(broken));
        expect(SINGLE_NAN, 0, Float32.copySign(broken, SINGLE_ONE));
        expect(Float32.box(0xFFC0_0000), 0, Float32.copyNegatedSign(broken, SINGLE_ONE));
        expect(Integer.MAX_VALUE, FloatFlags.NV, FloatConversions.singleToInt(broken, Rounding.RTZ, flags));
    }

    @ParameterizedTest
    @CsvSource({"-Infinity,0", "-1.5,1", "-1e-310,2", "-0.0,3", "0.0,4", "1e-310,5", "2.0,6", "Infinity,7", "NaN,9"})
    void classes(double value, int bit) {
        assertEquals(1L << bit, Float64.classify(Double.doubleToRawLongBits(value)));
        if (Math.abs(value) >= 1 || value != value || value == 0) {
            assertEquals(1L << bit, Float32.classify(Float32.box(Float.floatToRawIntBits((float) value))));
        }
        assertEquals(1L << 8, Float64.classify(SIGNALING));
    }

    @ParameterizedTest
    @CsvSource({"0,2.5,2,1", "1,2.5,2,1", "2,2.5,2,1", "3,2.5,3,1", "4,2.5,3,1", "0,-0.5,0,1", "2,-0.5,-1,1", "4,-0.5,-1,1",
            "1,3e9,2147483647,16",
            "0,2147483647.5,2147483647,16", "1,2147483647.5,2147483647,1", "0,-2147483648.5,-2147483648,1",
            "2,-2147483648.5,-2147483648,16",
            "1,NaN,2147483647,16", "1,-Infinity,-2147483648,16"})
    void toInt(int mode, double value, long expected, int raised) {
        expect(expected, raised, FloatConversions.doubleToInt(Double.doubleToRawLongBits(value), mode, flags));
    }

    @ParameterizedTest
    @CsvSource({"1,-0.5,0,1", "2,-0.5,0,16", "1,4294967295,-1,0", "1,3000000000,-1294967296,0", "1,1e10,-1,16", "1,-3,0,16", "1,NaN,-1,16"})
    void toUnsignedInt(int mode, double value, long expected, int raised) {
        expect(expected, raised, FloatConversions.doubleToUnsignedInt(Double.doubleToRawLongBits(value), mode, flags));
    }

    @ParameterizedTest
    @CsvSource({"9223372036854775808,9223372036854775807,16", "-9223372036854775808,-9223372036854775808,0", "1e300,9223372036854775807,16",
            "NaN,9223372036854775807,16"})
    void toLong(double value, long expected, int raised) {
        expect(expected, raised, FloatConversions.doubleToLong(Double.doubleToRawLongBits(value), Rounding.RTZ, flags));
    }

    @ParameterizedTest
    @CsvSource({"9223372036854775808,-9223372036854775808,0", "18446744073709549568,-2048,0", "18446744073709551616,-1,16", "-1,0,16",
            "-0.9,0,1"})
    void toUnsignedLong(double value, long expected, int raised) {
        expect(expected, raised, FloatConversions.doubleToUnsignedLong(Double.doubleToRawLongBits(value), Rounding.RTZ, flags));
    }

    @Test
    void allocatesNothing() {
        long[] sum = new long[1];
        Runnable work = () -> {
            for (int i = 0; i < 20_000; i++) {
                int mode = i % 5;
                long a = ONE + (long) i * 0x1_2345_6789L;
                flags.flags = i & 1;
                long single = FloatConversions.doubleToSingle(a, mode, flags);
                sum[0] += Float64.add(a, ONE, mode, flags) ^ Float64.multiply(a, a, mode, flags) ^ Float64.divide(ONE, a, mode, flags)
                        ^ Float64.squareRoot(a, mode, flags) ^ Float64.fusedMultiplyAdd(a, a, ONE, mode, flags)
                        ^ Float32.fusedMultiplyAdd(single, single, single, mode, flags) ^ Float32.divide(single, single, mode, flags)
                        ^ FloatConversions.doubleToLong(a, mode, flags) ^ FloatConversions.longToSingle(a, mode, flags);
            }
        };
        assertEquals(0, AllocatedBytes.of(work));
    }
}
