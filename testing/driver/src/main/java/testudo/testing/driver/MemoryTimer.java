package testudo.testing.driver;

import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;

/// A timer on the clock of a [MemoryHost]. Any thread.
final class MemoryTimer extends MemorySource implements HostTimer {
    static final long NEVER = Long.MAX_VALUE;

    private final MemoryHost host;
    private long deadline = NEVER;
    private long period;
    private long expiries;

    MemoryTimer(MemoryHost host) {
        this.host = host;
    }

    @Override
    public void arm(long delayNanos, long periodNanos) {
        long now = host.now();
        synchronized (this) {
            deadline = now + Math.max(0, delayNanos);
            period = periodNanos;
            expiries = 0;
        }
        expire(now);
    }

    void expire(long now) {
        synchronized (this) {
            if (deadline > now) {
                return;
            }
            if (period > 0) {
                long passed = (now - deadline) / period + 1;
                expiries += passed;
                deadline += passed * period;
            } else {
                expiries++;
                deadline = NEVER;
            }
        }
        changed();
    }

    synchronized long deadlineNanos() {
        return deadline;
    }

    @Override
    public synchronized void disarm() {
        deadline = NEVER;
        expiries = 0;
    }

    @Override
    public synchronized long consume() {
        long taken = expiries;
        expiries = 0;
        return taken;
    }

    @Override
    public synchronized int ready() {
        return expiries != 0 ? Poller.READABLE : 0;
    }

    @Override
    public void close() {
        disarm();
        host.forget(this);
    }
}
