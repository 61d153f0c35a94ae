package testudo.platform.linux.confine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.platform.linux.confine.Policy.Branch;
import testudo.platform.linux.confine.Policy.Condition;
import testudo.platform.linux.confine.Policy.Operator;
import testudo.spi.jail.SystemCallPolicy;

/// Compiled filters in the kernel: each in a process of its own that makes one call.
class KernelFilterTest {
    private static final int KILLED = 128 + 31; // SIGSYS
    private static final int REFUSED = 126;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final Machine MACHINE = Machine.current();

    /// Puts a process under a filter and lets it make a call.
    private static HostProgram.Outcome call(long[] filter, String call, long... arguments) {
        return HostProgram.run(report -> ProcessStarter.run(program -> {
            ByteBuffer fprog = ByteBuffer.allocate(2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            fprog.putLong(filter.length).putLong(program.words(filter));
            program.must("no_new_privs", "prctl", PR_SET_NO_NEW_PRIVS, 1);
            program.must("seccomp", "seccomp", 1, 0, program.bytes(fprog.array()));
            program.must("the call", call, arguments);
            program.attempt("exit_group", 0);
        }, List.of(report), List.of()));
    }

    /// `getuid` ignores its arguments and never fails, so only the filter decides.
    @Test
    void kernelAndModelAgree() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        long[] values = {0, 1, 5, 0xFFFF_FFFFL, 0x1_0000_0000L, 0x1_0000_0005L, -1, Long.MIN_VALUE};
        for (int i = 0; i < 150; i++) {
            List<Condition> conditions = new ArrayList<>();
            for (int j = random.nextInt(3); j >= 0; j--) {
                conditions.add(new Condition(
                        random.nextInt(6), Operator.values()[random.nextInt(8)], values[random.nextInt(values.length)]));
            }
            TreeMap<String, List<Branch>> rules = new TreeMap<>();
            for (String needed : List.of("write", "exit_group")) {
                rules.put(needed, List.of(new Branch(List.of(), Policy.ALLOW)));
            }
            rules.put("getuid", List.of(
                    new Branch(conditions, Policy.ALLOW), new Branch(List.of(), random.nextBoolean() ? Policy.KILL : Policy.ERRNO | 13)));
            long[] filter = FilterCompiler.compile(new Policy(Policy.KILL, rules), MACHINE);
            long[] arguments = random.longs(6).map(any -> values[random.nextInt(values.length)]).toArray();

            int model = BpfMachine.run(
                    filter, SystemCallTable.number("getuid", MACHINE).getAsInt(), MACHINE.auditArchitecture(), arguments);
            HostProgram.Outcome kernel = call(filter, "getuid", arguments);

            int expected = model == Policy.ALLOW ? 0 : model == Policy.KILL ? KILLED : REFUSED;
            assertEquals(expected, kernel.code(), () -> "seed " + seed + " " + conditions + " " + kernel);
        }
    }

    /// What no policy may ever let through, call by call, under the widest strict policy there is.
    @ParameterizedTest
    @ValueSource(strings = {
            "execve", "execveat", "fork", "vfork", "clone", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "kill", "pidfd_open",
            "pidfd_getfd", "mount", "umount2", "fsopen", "fsmount", "open_tree", "move_mount", "mount_setattr", "pivot_root", "chroot",
            "unshare", "setns", "keyctl", "add_key", "request_key", "bpf", "userfaultfd", "perf_event_open", "mknod", "mknodat",
            "init_module", "finit_module", "delete_module", "kexec_load", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime",
            "adjtimex", "setuid", "setgid", "setresuid", "setgroups", "capset", "personality", "iopl", "ioperm", "acct", "syslog",
            "sethostname", "name_to_handle_at", "open_by_handle_at", "fanotify_init", "inotify_init1", "shmget", "msgget", "semget",
            "memfd_secret", "landlock_create_ruleset", "process_madvise", "migrate_pages", "setsid", "setpriority", "sched_setaffinity"})
    void forbiddenForever(String call) {
        if (SystemCallTable.number(call, MACHINE).isPresent()) {
            assertEquals(KILLED, call(strict(), call).code(), call);
        }
    }

    /// What the runtime asks for by habit gets an answer instead of death, and nothing else.
    @ParameterizedTest
    @ValueSource(strings = {
            "openat EACCES", "newfstatat EACCES", "readlinkat ENOENT", "clone3 ENOSYS", "io_uring_setup EPERM", "io_uring_register EPERM",
            "seccomp EPERM", "prctl EPERM", "socket EAFNOSUPPORT", "ioctl ENOTTY", "faccessat EACCES", "unlinkat ENOENT"})
    void refusedPolitely(String expectation) {
        String[] words = expectation.split(" ", -1);
        HostProgram.Outcome outcome = call(strict(), words[0], 0, 0xBAD, 0);
        assertEquals(REFUSED, outcome.code());
        assertEquals("the call: " + words[1], outcome.report());
    }

    /// Other than the JVM's own habits: memory that could be executed.
    @Test
    void noMemoryBecomesCode() {
        assertEquals("the call: EACCES", call(strict(), "mmap", 0, 4096, 7, 0x22, -1, 0).report());
        assertEquals("the call: EACCES", call(strict(), "mprotect", 0x1000_0000L, 4096, 5).report());
        assertEquals(0, call(strict(), "mmap", 0, 4096, 3, 0x22, -1, 0).code());
    }

    private static long[] strict() {
        String all = "@include common.policy\n@include file.policy\n@include timer.policy\n@include network.policy\n@include io_uring.policy\n";
        return FilterCompiler.compile(
                PolicyParser.parse(new SystemCallPolicy("all", all), Optional.empty(), MACHINE), MACHINE);
    }
}
