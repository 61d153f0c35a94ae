package testudo.hypervisor.soft.difftest;

import java.util.SplittableRandom;

/// Seeds of random programs: new ones every time, or the one that `testudo.difftest.seed` gives.
public final class Seeds {
    private static final SplittableRandom RANDOM = new SplittableRandom();
    private static final Long REPLAY = Long.getLong("testudo.difftest.seed");

    private Seeds() {}

    /// The next one.
    public static long next() {
        return REPLAY != null ? REPLAY : RANDOM.nextLong();
    }
}
