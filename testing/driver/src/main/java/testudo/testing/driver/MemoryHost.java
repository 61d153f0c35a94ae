package testudo.testing.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import testudo.spi.Availability;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostMemory;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;
import testudo.spi.host.SharedMemory;

/// A host platform in memory: events, timers, pollers and shared memory, with a clock that stands still until a test moves it and
/// repeatable randomness. It has no files, sockets or terminals. Any thread.
public final class MemoryHost implements HostPlatform {
    private static final int PAGE_BYTES = 4096;

    private final SplittableRandom random;
    private final List<MemoryTimer> timers = new ArrayList<>();
    private long nowNanos = 1_000_000_000L;

    /// Makes a host.
    /// @param seed of its randomness
    public MemoryHost(long seed) {
        random = new SplittableRandom(seed);
    }

    @Override
    public String id() {
        return "memory";
    }

    @Override
    public Availability probe() {
        return new Availability.Ready("in memory");
    }

    /// Moves the clock; timers that expire on the way become ready.
    /// @param nanos how far, 0 or more
    public void advance(long nanos) {
        List<MemoryTimer> all;
        long now;
        synchronized (this) {
            nowNanos += nanos;
            now = nowNanos;
            all = List.copyOf(timers);
        }
        all.forEach(timer -> timer.expire(now));
    }

    /// When the next timer expires.
    /// @return nanoseconds from now, or -1 when none is armed
    public long nextTimerNanos() {
        List<MemoryTimer> all;
        long now;
        synchronized (this) {
            all = List.copyOf(timers);
            now = nowNanos;
        }
        return all.stream()
                .mapToLong(MemoryTimer::deadlineNanos)
                .filter(deadline -> deadline != MemoryTimer.NEVER)
                .map(deadline -> Math.max(0, deadline - now))
                .min()
                .orElse(-1);
    }

    synchronized long now() {
        return nowNanos;
    }

    synchronized void forget(MemoryTimer timer) {
        timers.remove(timer);
    }

    private synchronized HostTimer addTimer() {
        MemoryTimer timer = new MemoryTimer(this);
        timers.add(timer);
        return timer;
    }

    private synchronized void fill(MemorySegment to, long offset, long lengthBytes) {
        for (long i = 0; i < lengthBytes; i++) {
            to.set(ValueLayout.JAVA_BYTE, offset + i, (byte) random.nextInt());
        }
    }

    @Override
    public HostEvents events() {
        return new HostEvents() {
            @Override
            public HostEvent newEvent() {
                return new MemoryEvent();
            }

            @Override
            public HostTimer newTimer() {
                return addTimer();
            }

            @Override
            public Poller newPoller() {
                return new MemoryPoller();
            }

            @Override
            public long monotonicNanos() {
                return now();
            }

            @Override
            public long wallMillis() {
                return 1_700_000_000_000L + now() / 1_000_000;
            }
        };
    }

    @Override
    public HostMemory memory() {
        return new HostMemory() {
            @Override
            public SharedMemory create(String name, long sizeBytes) {
                return new ArenaMemory(sizeBytes);
            }

            @Override
            public int pageSizeBytes() {
                return PAGE_BYTES;
            }
        };
    }

    @Override
    public EntropySource entropy() {
        return this::fill;
    }

    @Override
    public HostFiles files() {
        throw new UnsupportedOperationException("the host in memory has no files; give the device a disk or port of the test");
    }

    @Override
    public HostSockets sockets() {
        throw new UnsupportedOperationException("the host in memory has no sockets");
    }

    @Override
    public HostTerminals terminals() {
        throw new UnsupportedOperationException("the host in memory has no terminals");
    }

    private static final class ArenaMemory implements SharedMemory {
        private final Arena arena = Arena.ofShared();
        private final MemorySegment bytes;

        ArenaMemory(long sizeBytes) {
            bytes = arena.allocate(sizeBytes, PAGE_BYTES);
        }

        @Override
        public long sizeBytes() {
            return bytes.byteSize();
        }

        @Override
        public MemorySegment bytes() {
            return bytes;
        }

        @Override
        public void discard(long offset, long sizeBytes) {
            bytes.asSlice(offset, sizeBytes).fill((byte) 0);
        }

        @Override
        public void close() {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
