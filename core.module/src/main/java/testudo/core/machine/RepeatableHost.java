package testudo.core.machine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostTimer;
import testudo.spi.host.IoRing;
import testudo.spi.host.Poller;
import testudo.spi.hypervisor.VirtualTime;

/// The host as devices of a machine that repeats itself see it: clocks go with the guest, from a fixed date on; random numbers are the same ones
/// each time; a file's operation has completed when it was submitted. Timers, sockets and terminals are the host's.
final class RepeatableHost extends ForwardedHost {
    /// 2026-01-01T00:00Z.
    private static final long START_MILLIS = 1_767_225_600_000L;
    private static final long SEED = 0x5445_5354_5544_4FL;

    private final VirtualTime time;

    /// @param host the real one
    /// @param time how long the machine has run
    RepeatableHost(HostPlatform host, VirtualTime time) {
        super(host);
        this.time = time;
    }

    @Override
    public HostFiles files() {
        HostFiles files = host.files();
        return new HostFiles() {
            @Override
            public HostFile open(Path path, Set<Mode> modes) {
                return files.open(path, modes);
            }

            @Override
            public IoRing newRing(int depth, RingKind kind) {
                return files.newRing(depth, RingKind.CALLER);
            }
        };
    }

    @Override
    public HostEvents events() {
        HostEvents events = host.events();
        return new HostEvents() {
            @Override
            public HostEvent newEvent() {
                return events.newEvent();
            }

            @Override
            public HostTimer newTimer() {
                return events.newTimer();
            }

            @Override
            public Poller newPoller() {
                return events.newPoller();
            }

            @Override
            public long monotonicNanos() {
                return time.nanos();
            }

            @Override
            public long wallMillis() {
                return START_MILLIS + time.nanos() / 1_000_000;
            }
        };
    }

    /// Each source begins with the same numbers, so that devices do not depend on each other.
    @Override
    public EntropySource entropy() {
        Random numbers = new Random(SEED);
        return new EntropySource() {
            @Override
            public void fill(MemorySegment to, long offset, long lengthBytes) {
                for (long i = 0; i < lengthBytes; i++) {
                    to.set(ValueLayout.JAVA_BYTE, offset + i, (byte) numbers.nextInt());
                }
            }
        };
    }
}
