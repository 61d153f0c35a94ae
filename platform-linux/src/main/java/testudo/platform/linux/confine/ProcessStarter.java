package testudo.platform.linux.confine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.VmmException;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;

/// Starts processes by way of a [StarterProgram].
///
/// All are started by one thread that never ends, because a child is killed when the *thread* that made it ends (`PR_SET_PDEATHSIG`, `prctl(2)`).
public final class ProcessStarter {
    /// Where the first extra descriptor is found by the steps; the next ones follow.
    public static final int FIRST_EXTRA = 256;

    private static final int FIRST_FREE = 3;
    private static final int FIRST_COPY = 600; // above every number that a process is given
    private static final int F_DUPFD = 0;
    private static final int PR_SET_PDEATHSIG = 1;
    private static final int SIGKILL = 9;
    private static final int SIG_SETMASK = 2;
    private static final int AT_FDCWD = -100;
    private static final ExecutorService THREAD = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().name("process-starter").daemon().factory());

    private ProcessStarter() {}

    /// Starts a process: its signals are reset, it dies with this process, it holds the given descriptors alone, it runs the steps, and then the program.
    /// @param request the program
    /// @param extra descriptors for the steps, as [#FIRST_EXTRA] and up; the program does not get them unless the steps leave them open
    /// @param steps adds rows before the program is executed
    /// @param after adds rows behind it, which only a fork of the steps can reach
    /// @return the process; the caller closes it
    /// @throws testudo.spi.VmmException.Host when it can't be started
    public static HostProcess start(
            ProcessRequest request,
            List<? extends OpenDescriptor> extra,
            Consumer<StarterProgram> steps,
            Consumer<StarterProgram> after) {
        return run(program -> {
            steps.accept(program);
            List<String> environment = new ArrayList<>();
            new TreeMap<>(request.environment()).forEach((name, value) -> environment.add(name + "=" + value));
            program.execute("cannot run " + request.command().get(0), request.command(), environment);
            after.accept(program);
        }, request.handles(), extra);
    }

    /// Starts a process of nothing but steps.
    /// @param steps adds rows; the last one must end the process
    /// @param handles what it inherits
    /// @param extra descriptors for the steps
    /// @return the process; the caller closes it
    /// @throws testudo.spi.VmmException.Host when it can't be started
    public static HostProcess run(
            Consumer<StarterProgram> steps, List<ProcessRequest.PassedHandle> handles, List<? extends OpenDescriptor> extra) {
        SortedMap<Integer, OpenDescriptor> given = new TreeMap<>();
        handles.forEach(handle -> given.put(handle.number(), (OpenDescriptor) handle.handle()));
        for (int i = 0; i < extra.size(); i++) {
            given.put(FIRST_EXTRA + i, extra.get(i));
        }
        List<Descriptor> copies = new ArrayList<>();
        try {
            SortedMap<Integer, Integer> numbers = new TreeMap<>();
            given.forEach((number, handle) -> {
                Descriptor copy = duplicate(handle);
                copies.add(copy);
                numbers.put(number, copy.descriptor());
            });
            StarterProgram program = new StarterProgram(Machine.current());
            program.must("cannot unblock signals", "rt_sigprocmask", SIG_SETMASK, program.words(0), 0, Long.BYTES);
            program.must("cannot follow the parent's end", "prctl", PR_SET_PDEATHSIG, SIGKILL);
            // Keys that end programs are for this process, which ends the others in order.
            program.must("cannot leave the process group", "setpgid", 0, 0);
            descriptors(program, numbers);
            steps.accept(program);
            return spawn(program);
        } finally {
            copies.forEach(Descriptor::close);
        }
    }

    /// A copy that `execve` leaves open. Only programs of this class, and those that Java starts, are ever executed here; the latter close everything.
    private static Descriptor duplicate(OpenDescriptor handle) {
        return new Descriptor((int) Errno.check(
                Syscall.call(SystemCall.FCNTL, handle.descriptor(), F_DUPFD, FIRST_COPY), "cannot pass a handle"));
    }

    private static void descriptors(StarterProgram program, SortedMap<Integer, Integer> numbers) {
        for (int stream = 0; stream <= 1; stream++) { // the lowest free number is taken: input for reading, output for writing
            if (!numbers.containsKey(stream)) {
                program.must("cannot close a standard stream", "close", stream);
                program.must("cannot open /dev/null", "openat", AT_FDCWD, program.text("/dev/null"), stream, 0);
            }
        }
        for (Map.Entry<Integer, Integer> number : numbers.entrySet()) {
            program.must("cannot pass descriptor " + number.getKey(), "dup3", number.getValue(), number.getKey(), 0);
        }
        int next = FIRST_FREE;
        for (int number : numbers.tailMap(FIRST_FREE).keySet()) {
            if (number > next) {
                program.must("cannot close descriptors (Linux 5.9 or newer is needed)", "close_range", next, number - 1, 0);
            }
            next = number + 1;
        }
        program.must("cannot close descriptors (Linux 5.9 or newer is needed)", "close_range", next, 0xFFFF_FFFFL, 0);
    }

    private static HostProcess spawn(StarterProgram program) {
        try (Descriptor file = MemoryFile.executable("testudo-starter", program.image())) {
            return finished(THREAD.submit(() -> spawn(file)));
        }
    }

    /// Waits whatever happens: it takes a millisecond, and a process that nobody holds would be left behind otherwise.
    private static HostProcess finished(Future<HostProcess> start) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return start.get();
                } catch (InterruptedException again) {
                    interrupted = true;
                } catch (ExecutionException failure) {
                    if (failure.getCause() instanceof VmmException refused) {
                        throw refused;
                    }
                    throw new AssertionError("posix_spawn: linkage is wrong", failure.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static HostProcess spawn(Descriptor file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom("/proc/self/fd/" + file.descriptor());
            MemorySegment arguments = arena.allocate(2 * JAVA_LONG.byteSize(), Long.BYTES);
            arguments.set(ADDRESS, 0, path);
            MemorySegment environment = arena.allocate(JAVA_LONG);
            MemorySegment id = arena.allocate(JAVA_INT);
            long result;
            try {
                // NATIVE: int posix_spawn(pid_t *, const char *, file_actions *, attr *, char *const argv[], char *const envp[]).
                // Everything lives until the call returns, which it does once the child has executed or failed to.
                result = (int) Linked.POSIX_SPAWN.invokeExact(
                        id, path, MemorySegment.NULL, MemorySegment.NULL, arguments, environment);
            } catch (Throwable broken) {
                throw new AssertionError("posix_spawn: linkage is wrong", broken);
            }
            Errno.check(-result, "cannot start a process (is vm.memfd_noexec 2, or /proc missing?)");
            int number = id.get(JAVA_INT, 0);
            return new ChildProcess(
                    number,
                    (int) Errno.check(
                            Syscall.call(SystemCall.PIDFD_OPEN, number, 0), "cannot watch process " + number));
        }
    }

    /// Links on first use.
    @SuppressWarnings("restricted") // downcallHandle
    private static final class Linked {
        static final MethodHandle POSIX_SPAWN = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("posix_spawn"),
                        FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));

        private Linked() {}
    }
}
