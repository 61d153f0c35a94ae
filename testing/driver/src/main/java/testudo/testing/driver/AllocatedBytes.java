package testudo.testing.driver;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/// How much the calling thread has allocated on the heap, for tests of hot paths.
public final class AllocatedBytes {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private AllocatedBytes() {}

    /// Runs something twice, and measures the second time.
    /// @param work must do the same both times
    /// @return bytes the second run allocated
    public static long of(Runnable work) {
        work.run();
        THREADS.getCurrentThreadAllocatedBytes();
        long before = THREADS.getCurrentThreadAllocatedBytes();
        work.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
