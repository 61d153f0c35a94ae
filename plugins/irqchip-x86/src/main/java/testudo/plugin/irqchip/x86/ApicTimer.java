package testudo.plugin.irqchip.x86;

import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;

/// A local APIC's timer (Intel SDM 3, "APIC Timer"), one-shot and periodic. Its clock has 1 GHz: a count is a nanosecond.
///
/// Under the lock; expiries run on the machine's loop and take it.
final class ApicTimer {
    /// A guest can't make the host tick more often than that.
    private static final long MIN_PERIOD_NANOS = 200_000;

    private final HostEvents events;
    private final HostTimer timer;
    private final EventLoop.Watch watch;
    private final Wiring wiring;
    private Runnable expiry = () -> {};
    private int initial;
    private int divide;
    private long startNanos;
    private boolean periodic;
    private boolean armed;
    private boolean closed;

    /// Makes a stopped timer.
    /// @param wiring the lock
    /// @param events clock and timers
    /// @param loop where it expires
    ApicTimer(Wiring wiring, HostEvents events, EventLoop loop) {
        this.wiring = wiring;
        this.events = events;
        this.timer = events.newTimer();
        this.watch = loop.watch(timer, Poller.READABLE, ready -> expired());
    }

    /// What happens when it expires.
    /// @param run called under the lock
    void onExpiry(Runnable run) {
        expiry = run;
    }

    /// Back to power-on: stopped, dividing by 2.
    void reset() {
        divide = 0;
        periodic = false;
        stop();
    }

    /// Ends it. Idempotent.
    void close() {
        if (!closed) {
            closed = true;
            watch.cancel();
            timer.close();
        }
    }

    /// The initial count register.
    /// @return 32 bits
    int initial() {
        return initial;
    }

    /// The current count register.
    /// @return 32 bits, 0 when it does not run
    int current() {
        if (!armed) {
            return 0;
        }
        long counted = (events.monotonicNanos() - startNanos) / divisor();
        long count = initial & 0xFFFF_FFFFL;
        return (int) (periodic ? count - counted % count : Math.max(count - counted, 0));
    }

    /// The divide configuration register.
    /// @return bits 0, 1 and 3
    int divide() {
        return divide;
    }

    /// Sets the divide configuration; the count goes on from where it is.
    /// @param value bits 0, 1 and 3
    void divide(int value) {
        int left = current();
        divide = value & 0xB;
        if (armed) {
            startNanos = events.monotonicNanos() - ((initial & 0xFFFF_FFFFL) - (left & 0xFFFF_FFFFL)) * divisor();
            arm();
        }
    }

    /// Starts it.
    /// @param count 32 bits, 0 stops
    /// @param repeat whether it starts again by itself
    void start(int count, boolean repeat) {
        stop();
        initial = count;
        periodic = repeat;
        if (count != 0) {
            armed = true;
            startNanos = events.monotonicNanos();
            arm();
        }
    }

    /// Changes between one-shot and periodic.
    /// @param repeat whether it starts again by itself
    void periodic(boolean repeat) {
        if (repeat != periodic) {
            periodic = repeat;
            if (armed) {
                arm();
            }
        }
    }

    private void stop() {
        initial = 0;
        armed = false;
        timer.disarm();
    }

    private long divisor() {
        int code = (divide & 3) | (divide & 8) >> 1;
        return code == 7 ? 1 : 2L << code;
    }

    private void arm() {
        long period = (initial & 0xFFFF_FFFFL) * divisor();
        long elapsed = events.monotonicNanos() - startNanos;
        if (periodic) {
            timer.arm(period - elapsed % period, Math.max(period, MIN_PERIOD_NANOS));
        } else {
            timer.arm(period - elapsed, 0);
        }
    }

    private void expired() {
        wiring.lock();
        try {
            if (closed || timer.consume() == 0 || !armed) {
                return;
            }
            if (!periodic) {
                armed = false;
            }
            expiry.run();
        } finally {
            wiring.unlock();
        }
    }
}
