package testudo.plugin.rtc.goldfish;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// A clock that a test moves, with the timers and the loop that go with it.
final class FakeHost implements HostEvents, EventLoop {
    private static final long STEP_NANOS = 10_000;

    final List<Timer> timers = new ArrayList<>();
    long nanos;

    FakeHost(long wallMillis) {
        nanos = wallMillis * 1_000_000;
    }

    /// Moves the clock and runs what expires.
    void pass(long millis) {
        for (long end = nanos + millis * 1_000_000; nanos < end;) {
            nanos += STEP_NANOS;
            for (Timer timer : List.copyOf(timers)) {
                timer.expire();
            }
        }
    }

    final class Timer implements HostTimer {
        ReadyHandler handler;
        long due = Long.MAX_VALUE;
        long period;
        long expiries;
        boolean closed;

        void expire() {
            while (due <= nanos) {
                expiries++;
                due = period == 0 ? Long.MAX_VALUE : due + period;
            }
            if (expiries > 0 && handler != null) {
                handler.ready(Poller.READABLE);
            }
        }

        @Override
        public void arm(long delayNanos, long periodNanos) {
            due = nanos + delayNanos;
            period = periodNanos;
        }

        @Override
        public void disarm() {
            due = Long.MAX_VALUE;
            expiries = 0;
        }

        @Override
        public long consume() {
            long taken = expiries;
            expiries = 0;
            return taken;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Override
    public HostTimer newTimer() {
        Timer timer = new Timer();
        timers.add(timer);
        return timer;
    }

    @Override
    public long monotonicNanos() {
        return nanos;
    }

    @Override
    public long wallMillis() {
        return nanos / 1_000_000;
    }

    @Override
    public HostEvent newEvent() {
        throw new AssertionError("not used");
    }

    @Override
    public Poller newPoller() {
        throw new AssertionError("not used");
    }

    @Override
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        Timer timer = (Timer) source;
        timer.handler = handler;
        return new Watch() {
            @Override
            public void interest(int mask) {
                throw new AssertionError("not used");
            }

            @Override
            public void cancel() {
                timer.handler = null;
            }
        };
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public boolean isCurrent() {
        return true;
    }
}
