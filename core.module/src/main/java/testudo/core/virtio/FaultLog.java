package testudo.core.virtio;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs a device's faults, at most one in ten seconds: a driver may go on breaking and resetting the device. Any thread.
final class FaultLog {
    private static final Logger LOG = LoggerFactory.getLogger(FaultLog.class);
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final String id;
    private boolean started;
    private long lastNanos;
    private int silent;

    FaultLog(String id) {
        this.id = id;
    }

    synchronized void report(RuntimeException fault) {
        long now = System.nanoTime();
        if (started && now - lastNanos < PERIOD_NANOS) {
            silent++;
            return;
        }
        started = true;
        lastNanos = now;
        LOG.warn("{}: device stopped until its driver resets it: {} ({} more like this not logged)", id, fault.getMessage(), silent);
        silent = 0;
    }
}
