package testudo.platform.linux.call;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// One signal that is blocked in a thread, sent to it, and taken by it: how a thread is brought out of a blocking call without a handler.
///
/// A handler would run on a thread that the JVM owns; a blocked signal never runs one. The call that is to be interrupted
/// must unblock the signal by itself, as KVM_RUN does with KVM_SET_SIGNAL_MASK.
public final class ThreadSignals {
    /// The signal: a real-time one that neither glibc (32, 33) nor the JVM uses.
    public static final int WAKE_SIGNAL = 40;
    /// Size of the kernel's signal set.
    public static final int SET_BYTES = 8;

    private static final int SIG_BLOCK = 0;
    private static final long WAKE_SET = 1L << (WAKE_SIGNAL - 1);
    /// The set and a timeout of zero. Never freed, so the kernel's pointer is always good; nobody writes it.
    private static final MemorySegment CONSTANTS = constants();

    private ThreadSignals() {}

    private static MemorySegment constants() {
        MemorySegment segment = Arena.global().allocate(SET_BYTES + Timespec.LAYOUT.byteSize(), JAVA_LONG.byteAlignment());
        segment.set(JAVA_LONG, 0, WAKE_SET);
        return segment.asReadOnly();
    }

    /// The calling thread's kernel identity.
    /// @return a thread id
    public static int currentThread() {
        return (int) Syscall.call(SystemCall.GETTID);
    }

    /// This process.
    /// @return a process id
    public static int currentProcess() {
        return (int) Syscall.call(SystemCall.GETPID);
    }

    /// Blocks the signal in the calling thread.
    /// @return the thread's mask without the signal: what the interruptible call should run with
    public static long block() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate(JAVA_LONG);
            Errno.check(
                    Syscall.call(
                            SystemCall.RT_SIGPROCMASK, SIG_BLOCK, CONSTANTS.address(), old.address(), SET_BYTES),
                    "cannot block signal " + WAKE_SIGNAL);
            return old.get(JAVA_LONG, 0) & ~WAKE_SET;
        }
    }

    /// Sends the signal. Any thread; never lost: a full signal queue is tried again.
    /// @param process the process
    /// @param thread a thread of it
    public static void send(int process, int thread) {
        while (Syscall.call(SystemCall.TGKILL, process, thread, WAKE_SIGNAL) == -Errno.EAGAIN) {
            Thread.yield();
        }
    }

    /// Takes all pending signals of the calling thread. Never blocks, does not allocate.
    public static void drain() {
        long set = CONSTANTS.address();
        long result;
        do {
            result = Syscall.call(SystemCall.RT_SIGTIMEDWAIT, set, 0, set + SET_BYTES, SET_BYTES);
        } while (result > 0 || result == -Errno.EINTR);
    }
}
