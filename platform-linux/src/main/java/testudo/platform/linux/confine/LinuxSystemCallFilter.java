package testudo.platform.linux.confine;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.jail.JailOptions;
import testudo.spi.jail.SystemCallFilter;
import testudo.spi.jail.SystemCallPolicy;

/// `seccomp(2)`, mode 2, on all threads at once (`SECCOMP_FILTER_FLAG_TSYNC`).
public final class LinuxSystemCallFilter implements SystemCallFilter {
    private static final int SET_MODE_FILTER = 1;
    private static final int GET_ACTION_AVAIL = 2;
    private static final int FLAG_TSYNC = 1;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int FPROG_BYTES = 16;

    /// Makes the service.
    public LinuxSystemCallFilter() {}

    @Override
    public Availability probe() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(JAVA_LONG);
            action.set(JAVA_LONG, 0, Integer.toUnsignedLong(Policy.KILL));
            long result = Syscall.call(SystemCall.SECCOMP, GET_ACTION_AVAIL, 0, action.address());
            return result == 0
                    ? new Availability.Ready("seccomp mode 2")
                    : new Availability.Missing(
                            "seccomp: " + Errno.name((int) -result), "use a kernel of 4.14 or newer with CONFIG_SECCOMP_FILTER");
        }
    }

    @Override
    public void check(SystemCallPolicy policy, JailOptions options) {
        program(policy, options);
    }

    @Override
    public void apply(SystemCallPolicy policy, JailOptions options) {
        long[] program = program(policy, options);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocateFrom(JAVA_LONG, program);
            MemorySegment fprog = arena.allocate(FPROG_BYTES, Long.BYTES);
            fprog.set(JAVA_SHORT, 0, (short) program.length);
            fprog.set(JAVA_LONG, 8, instructions.address());
            Errno.check(Syscall.call(SystemCall.PRCTL, PR_SET_NO_NEW_PRIVS, 1), "cannot give up new privileges");
            long result = Errno.check(
                    Syscall.call(SystemCall.SECCOMP, SET_MODE_FILTER, FLAG_TSYNC, fprog.address()),
                    "cannot filter system calls");
            if (result > 0) {
                throw new VmmException.Host(
                        VmmException.Kind.DENIED,
                        "cannot filter system calls: thread " + result + " has a filter that the others lack");
            }
        }
    }

    private static long[] program(SystemCallPolicy policy, JailOptions options) {
        Policy parsed = PolicyParser.parse(policy, options.policyDirectory(), Machine.current());
        return FilterCompiler.compile(
                options.failures() == JailOptions.FailureAction.LOG ? parsed.logging() : parsed, Machine.current());
    }

    @Override
    public List<String> jvmFlags() {
        return List.of(
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-XX:+DisableAttachMechanism",
                "-XX:-UseContainerSupport",
                "-XX:-SegmentedCodeCache",
                "-XX:ReservedCodeCacheSize=16m",
                "-XX:InitialCodeCacheSize=16m");
    }
}
