package testudo.testing.driver;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.Availability;
import testudo.spi.device.EventLoop;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostMemory;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// A clock that a test moves in small steps, with the timers and the loop that go with it: for devices whose timers depend on each other. A
/// handler runs at the step at which its timer expires. One thread. [MemoryHost] moves its clock at once, and has a loop to be run.
public final class SteppedHost implements HostPlatform, HostEvents, EventLoop {
    private static final long STEP_NANOS = 10_000;

    private final List<Timer> timers = new ArrayList<>();
    private long nanos;

    /// Makes a host.
    /// @param wallMillis what its clocks show, milliseconds since 1970
    public SteppedHost(long wallMillis) {
        nanos = wallMillis * 1_000_000;
    }

    /// The timers that were made, in order.
    /// @return a view
    public List<Timer> timers() {
        return Collections.unmodifiableList(timers);
    }

    /// Moves the clock and runs what expires.
    /// @param millis how far
    public void pass(long millis) {
        for (long end = nanos + millis * 1_000_000; nanos < end;) {
            nanos += STEP_NANOS;
            for (Timer timer : List.copyOf(timers)) {
                timer.expire();
            }
        }
    }

    /// A timer that lets a test look inside.
    public final class Timer implements HostTimer {
        private @Nullable ReadyHandler handler;
        private long due = Long.MAX_VALUE;
        private long period;
        private long expiries;
        private boolean closed;

        private Timer() {}

        /// Whether it will expire.
        /// @return true when it is armed
        public boolean armed() {
            return due != Long.MAX_VALUE;
        }

        /// Its period.
        /// @return nanoseconds, 0 for once
        public long periodNanos() {
            return period;
        }

        /// Whether it was closed.
        /// @return true after that
        public boolean closed() {
            return closed;
        }

        private void expire() {
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

    @Override
    public String id() {
        return "stepped";
    }

    @Override
    public Availability probe() {
        return new Availability.Ready("");
    }

    @Override
    public HostEvents events() {
        return this;
    }

    @Override
    public HostMemory memory() {
        throw new AssertionError("not used");
    }

    @Override
    public HostFiles files() {
        throw new AssertionError("not used");
    }

    @Override
    public HostSockets sockets() {
        throw new AssertionError("not used");
    }

    @Override
    public HostTerminals terminals() {
        throw new AssertionError("not used");
    }

    @Override
    public EntropySource entropy() {
        throw new AssertionError("not used");
    }
}
