package testudo.hypervisor.soft.difftest;

import java.util.random.RandomGenerator;

/// Random instructions near legal ones: reserved fields, neighbours in the map, what does not exist. Those that are legal write x10 or
/// f10, read any register, and address memory only by x11.
final class ReservedEncodings {
    private static final int RD = 10 << 7;
    private static final int RS1 = 11 << 15;
    private static final int[] COMPUTING = {0x33, 0x3B, 0x13, 0x1B, 0x53, 0x43, 0x47, 0x4B, 0x4F};
    private static final int[] CUSTOM = {0x0B, 0x2B, 0x5B, 0x7B, 0x1F, 0x3F, 0x5F, 0x7F, 0x57, 0x77, 0x6B};
    private static final int[] COMPRESSED = {0x0000, 0x8000, 0x8004, 0x9C01 | 2 << 5, 0x9C01 | 3 << 5, 0x9C41 | 2 << 5 | 7 << 2, 0x2001,
            0x2005, 0x6101, 0x6501, 0x4002,
            0x6002, 0x8002, 0x0001, 0x0005, 0x0002, 0x1002, 0x8006 & ~0x4};

    private ReservedEncodings() {}

    static boolean isCompressed(int instruction) {
        return (instruction & 3) != 3;
    }

    static int next(RandomGenerator random) {
        int any = random.nextInt();
        return switch (random.nextInt(10)) {
            case 0 -> CUSTOM[random.nextInt(CUSTOM.length)] | any & ~0x7F;
            case 1 -> any & 0xFE00_7000 | RD | RS1 | random.nextInt(32) << 20 & 0x1F0_0000 | 0x2F;
            // Loads and stores of widths that do not exist, or do.
            case 2 -> 0x03 | 7 << 12 | RD | any & 0xFFFF_8000;
            case 3 -> 0x23 | (4 + random.nextInt(4)) << 12 | any & 0xFFFF_8F80;
            case 4 -> (random.nextBoolean() ? 0x07 : 0x27) | pick(random, 0, 1, 4, 5, 6, 7) << 12 | any & 0xFFFF_8F80;
            case 5 -> random.nextBoolean()
                    ? 0x63 | (2 + random.nextInt(2)) << 12 | any & 0xFFFF_8F80
                    : 0x67 | (1 + random.nextInt(7)) << 12 | any & 0xFFFF_8F80;
            case 6 -> COMPRESSED[random.nextInt(COMPRESSED.length)];
            // The machine's registers and instructions, and the hypervisor's.
            case 7 -> 0x73 | 2 << 12 | RD | (0x300 + random.nextInt(0x100)) << 20;
            case 8 -> pick(random, 0x3020_0073, 0x7B20_0073, 0x0020_0073, 0x2220_0073, 0x6220_0073, 0x1020_0073 | 1 << 7, 0x1200_0073
                    | 1 << 7,
                    0x73 | 4 << 12 | any & 0xFFF0_0000, 0x0010_0073 | 1 << 15);
            default -> COMPUTING[random.nextInt(COMPUTING.length)] | RD | any & 0xFFFF_F000;
        };
    }

    private static int pick(RandomGenerator random, int... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
