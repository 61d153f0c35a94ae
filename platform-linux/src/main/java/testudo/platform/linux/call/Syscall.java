package testudo.platform.linux.call;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The one foreign call of the project: libc's `syscall`, with captured errno.
///
/// Every method answers what the kernel answers: a result of 0 or more, or a negative errno. Any thread. `EINTR` is the caller's.
/// Memory that an argument points to must stay valid until the call has returned; arguments that are addresses are plain numbers here.
public final class Syscall {
    private static final StackState STATE = new StackState();

    private Syscall() {}

    /// Links the call, so that the first real one is fast. Meant for a thread beside the one that reads the command line.
    public static void link() {
        call(SystemCall.GETTID);
    }

    /// Calls without arguments.
    /// @param what which system call
    /// @return its result or a negative errno
    public static long call(SystemCall what) {
        return call(what, 0, 0, 0, 0, 0, 0);
    }

    /// Calls with one argument.
    /// @param what which system call
    /// @param a argument
    /// @return its result or a negative errno
    public static long call(SystemCall what, long a) {
        return call(what, a, 0, 0, 0, 0, 0);
    }

    /// Calls with two arguments.
    /// @param what which system call
    /// @param a first argument
    /// @param b second argument
    /// @return its result or a negative errno
    public static long call(SystemCall what, long a, long b) {
        return call(what, a, b, 0, 0, 0, 0);
    }

    /// Calls with three arguments.
    /// @param what which system call
    /// @param a first argument
    /// @param b second argument
    /// @param c third argument
    /// @return its result or a negative errno
    public static long call(SystemCall what, long a, long b, long c) {
        return call(what, a, b, c, 0, 0, 0);
    }

    /// Calls with four arguments.
    /// @param what which system call
    /// @param a first argument
    /// @param b second argument
    /// @param c third argument
    /// @param d fourth argument
    /// @return its result or a negative errno
    public static long call(SystemCall what, long a, long b, long c, long d) {
        return call(what, a, b, c, d, 0, 0);
    }

    /// Calls with six arguments: the shape of the kernel's interface, hence seven parameters.
    /// @param what which system call
    /// @param a first argument
    /// @param b second argument
    /// @param c third argument
    /// @param d fourth argument
    /// @param e fifth argument
    /// @param f sixth argument
    /// @return its result or a negative errno
    public static long call(SystemCall what, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = STATE.get();
        try {
            // NATIVE: long syscall(long number, ...). `state` lives as long as its thread and is written by this thread only.
            long result = (long) Linked.SYSCALL.invokeExact(state, what.number(), a, b, c, d, e, f);
            return result != -1 ? result : -state.get(JAVA_INT, 0);
        } catch (Throwable broken) {
            throw new AssertionError("syscall: linkage is wrong", broken);
        }
    }

    /// Links on first use; kept apart so that loading [Syscall] costs nothing.
    ///
    /// Not as a variadic function, which takes a tenth of the linking: on all our architectures integers travel the same way in both, and
    /// that x86-64's callers of variadic functions count vector registers in AL means nothing to a function that has no such arguments.
    @SuppressWarnings("restricted") // downcallHandle
    private static final class Linked {
        static final MethodHandle SYSCALL = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                        FunctionDescriptor.of(
                                JAVA_LONG,
                                JAVA_LONG,
                                JAVA_LONG,
                                JAVA_LONG,
                                JAVA_LONG,
                                JAVA_LONG,
                                JAVA_LONG,
                                JAVA_LONG),
                        Linker.Option.captureCallState("errno"));

        private Linked() {}
    }

    /// Where a thread's errno is captured. Garbage-collected with its thread: the kernel never has a pointer to it.
    private static final class StackState extends ThreadLocal<MemorySegment> {
        @Override
        protected MemorySegment initialValue() {
            return Arena.ofAuto().allocate(Linker.Option.captureStateLayout().byteSize(), ADDRESS.byteAlignment());
        }
    }
}
