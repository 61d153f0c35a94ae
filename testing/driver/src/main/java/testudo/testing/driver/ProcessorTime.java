package testudo.testing.driver;

import java.lang.management.ManagementFactory;

/// How long threads have been running on a processor.
public final class ProcessorTime {
    private ProcessorTime() {}

    /// The processor time of a thread.
    /// @param thread a live thread
    /// @return nanoseconds since it was started
    public static long nanos(Thread thread) {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(thread.threadId());
    }
}
