package testudo.hypervisor.soft.difftest;

import java.util.random.RandomGenerator;

/// Operands that arithmetic is most likely to get wrong, from a random generator.
public final class EdgeValues {
    private static final long[] INTEGERS = {0, 1, -1, 2, -2, Long.MIN_VALUE, Long.MAX_VALUE, Integer.MIN_VALUE, Integer.MAX_VALUE,
            0xFFFF_FFFFL,
            0x8000_0000L, 0x1_0000_0000L, 63, 64, 31, 32, 0x80, 0xFF, 0x8000, 0xFFFF, 0x0101_0101_0101_0101L, 0x8080_8080_8080_8080L};
    private static final int[] EXPONENTS = {0, 0, 1, 2, 50, 53, 54, 970, 1000, 1010, 1020, 1021, 1022, 1023, 1023, 1023, 1024, 1025, 1053,
            1054, 1055,
            1075, 1076, 1085, 1086, 1087, 1100, 1500, 2000, 2044, 2045, 2046, 2047};
    private static final int[] SINGLE_EXPONENTS = {0, 0, 1, 2, 22, 24, 25, 100, 115, 125, 126, 127, 127, 127, 128, 129, 149, 150, 151, 157,
            158, 159,
            189, 190, 191, 200, 252, 253, 254, 255};

    private EdgeValues() {}

    /// An integer: a boundary, a power of two give or take one, something narrow, or anything.
    public static long integer(RandomGenerator random) {
        return switch (random.nextInt(6)) {
            case 0 -> INTEGERS[random.nextInt(INTEGERS.length)];
            case 1 -> (1L << random.nextInt(64)) + random.nextInt(3) - 1;
            case 2 -> random.nextLong() >> random.nextInt(64);
            case 3 -> random.nextLong() >>> random.nextInt(64);
            case 4 -> (int) random.nextLong();
            default -> random.nextLong();
        };
    }

    /// The bits of a double of any kind.
    public static long wide(RandomGenerator random) {
        if (random.nextInt(12) == 0) {
            return Double.doubleToRawLongBits((double) integer(random));
        }
        long exponent = random.nextInt(8) == 0 ? random.nextInt(2048) : EXPONENTS[random.nextInt(EXPONENTS.length)];
        return random.nextLong() & Long.MIN_VALUE | exponent << 52 | fraction(random, 52);
    }

    /// The bits of a single of any kind.
    public static int narrow(RandomGenerator random) {
        if (random.nextInt(12) == 0) {
            return Float.floatToRawIntBits((float) integer(random));
        }
        int exponent = random.nextInt(8) == 0 ? random.nextInt(256) : SINGLE_EXPONENTS[random.nextInt(SINGLE_EXPONENTS.length)];
        return random.nextInt() & Integer.MIN_VALUE | exponent << 23 | (int) fraction(random, 23);
    }

    /// What an f register may hold: a double, a boxed single, or a single whose box is broken.
    public static long register(RandomGenerator random) {
        int kind = random.nextInt(20);
        if (kind == 0) {
            return random.nextLong() << 32 | narrow(random) & 0xFFFF_FFFFL;
        }
        return kind < 10 ? -1L << 32 | narrow(random) & 0xFFFF_FFFFL : wide(random);
    }

    private static long fraction(RandomGenerator random, int width) {
        long mask = (1L << width) - 1;
        return mask & switch (random.nextInt(7)) {
            case 0 -> 0;
            case 1 -> mask;
            case 2 -> 1L << random.nextInt(width);
            case 3 -> -1L << random.nextInt(width);
            case 4 -> (1L << random.nextInt(width)) - 1;
            // Half of the bits: products and quotients that are exact, or nearly.
            case 5 -> random.nextLong() << width / 2;
            default -> random.nextLong();
        };
    }
}
