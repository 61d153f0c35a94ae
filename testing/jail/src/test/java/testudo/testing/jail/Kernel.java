package testudo.testing.jail;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import testudo.platform.linux.confine.Machine;
import testudo.platform.linux.confine.SystemCallTable;

/// Any system call, by name: what a captured device process would use.
final class Kernel {
    @SuppressWarnings("restricted") // downcallHandle
    private static final MethodHandle SYSCALL = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
                    Linker.Option.firstVariadicArg(1),
                    Linker.Option.captureCallState("errno"));
    private static final Arena ARENA = Arena.global();

    private Kernel() {}

    /// @return the result or a negative errno; `Long.MIN_VALUE` when this machine has no such call
    static long call(String name, long... arguments) {
        if (SystemCallTable.number(name, Machine.current()).isEmpty()) {
            return Long.MIN_VALUE;
        }
        long number = SystemCallTable.number(name, Machine.current()).getAsInt();
        long[] a = Arrays.copyOf(arguments, 6);
        MemorySegment state = ARENA.allocate(Linker.Option.captureStateLayout());
        try {
            long result = (long) SYSCALL.invokeExact(state, number, a[0], a[1], a[2], a[3], a[4], a[5]);
            return result == -1 ? -state.get(JAVA_INT, 0) : result;
        } catch (Throwable broken) {
            throw new AssertionError(broken);
        }
    }

    static long text(String value) {
        return ARENA.allocateFrom(value).address();
    }

    static long words(long... values) {
        return ARENA.allocateFrom(JAVA_LONG, values).address();
    }

    static long room(long bytes) {
        return ARENA.allocate(bytes, ADDRESS.byteAlignment()).address();
    }
}
