package testudo.platform.linux.confine;

import testudo.spi.jail.JailRequest;

/// The resource limits of a jail, as steps. Source of the numbers: `include/uapi/asm-generic/resource.h`.
public final class JailLimits {
    private static final int RLIMIT_FSIZE = 1;
    private static final int RLIMIT_CORE = 4;
    private static final int RLIMIT_NOFILE = 7;
    private static final int RLIMIT_MEMLOCK = 8;

    private JailLimits() {}

    /// Sets the limits.
    /// @param program gets the steps
    /// @param jail which limits
    public static void apply(StarterProgram program, JailRequest jail) {
        String name = "jail " + jail.name() + ": cannot forbid ";
        // These fail only when the hard limit is lower already.
        program.attempt("prlimit64", 0, RLIMIT_NOFILE, limit(program, jail.limits().openFiles()), 0);
        program.attempt("prlimit64", 0, RLIMIT_FSIZE, limit(program, jail.limits().fileSizeBytes()), 0);
        program.must(name + "core dumps", "prlimit64", 0, RLIMIT_CORE, limit(program, 0), 0);
        if (jail.limits().lockedBytes() == 0) {
            program.must(name + "locked memory", "prlimit64", 0, RLIMIT_MEMLOCK, limit(program, 0), 0);
        } else {
            program.attempt("prlimit64", 0, RLIMIT_MEMLOCK, limit(program, jail.limits().lockedBytes()), 0);
        }
    }

    /// `struct rlimit64`: soft and hard.
    private static long limit(StarterProgram program, long value) {
        return program.words(value, value);
    }
}
