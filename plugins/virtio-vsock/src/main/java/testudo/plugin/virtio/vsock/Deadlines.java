package testudo.plugin.virtio.vsock;

import java.util.function.LongSupplier;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;

/// A timer that runs only while something has a time limit, or waits to be tried again.
final class Deadlines implements AutoCloseable {
    /// How exact limits are.
    static final long PERIOD_NANOS = 1_000_000_000L;
    /// How often a full listener is tried.
    static final long RETRY_NANOS = 10_000_000L;

    private final HostTimer timer;
    private final EventLoop.Watch watch;
    /// 0 while it does not run.
    private long delayNanos;

    /// @param sweep does what is due, and answers when to call it again: nanoseconds from now, or 0
    Deadlines(HostEvents events, EventLoop loop, LongSupplier sweep) {
        timer = events.newTimer();
        watch = loop.watch(timer, Poller.READABLE, ready -> {
            if (timer.consume() > 0) {
                delayNanos = 0;
                long next = sweep.getAsLong();
                if (next > 0) {
                    within(next);
                }
            }
        });
    }

    /// Sweeps after some time, or earlier.
    /// @param nanos 0 or more
    void within(long nanos) {
        long wanted = Math.max(nanos, 1);
        if (delayNanos == 0 || wanted < delayNanos) {
            delayNanos = wanted;
            timer.arm(wanted, 0);
        }
    }

    void stop() {
        delayNanos = 0;
        timer.disarm();
    }

    @Override
    public void close() {
        watch.cancel();
        timer.close();
    }
}
