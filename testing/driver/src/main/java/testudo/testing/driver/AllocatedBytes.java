package testudo.testing.driver;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// How much the calling thread has allocated on the heap, for tests of hot paths.
public final class AllocatedBytes {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private static final int RUNS = 5;

    private AllocatedBytes() {}

    /// Runs something until it allocates nothing, at most five times after a first one that warms up: the virtual machine itself
    /// allocates a little on a thread while it still compiles, but a hot path that allocates does so in every run.
    /// @param work must do the same each time
    /// @return the smallest number of bytes that a run allocated
    public static long of(Runnable work) {
        work.run();
        THREADS.getCurrentThreadAllocatedBytes();
        long least = Long.MAX_VALUE;
        for (int run = 0; run < RUNS && least != 0; run++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            work.run();
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    /// Runs something once, for work that can't be repeated.
    /// @param work is done by the calling thread
    /// @return how many bytes it allocated, with the little that the virtual machine adds
    public static long once(Runnable work) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
