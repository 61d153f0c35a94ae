package testudo.core.machine;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.device.MachineServices.MachineEvent;

/// Collects what happens to a machine and decides how it ends. Any thread.
///
/// The first ending event wins. A panic that the guest reported before is remembered and turns the end into [RunResult#PANIC], as in crosvm.
final class MachineEvents {
    private static final Logger LOG = LoggerFactory.getLogger(MachineEvents.class);
    private static final int PANICKED = 1;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<@Nullable RunResult> result = new AtomicReference<>();
    private volatile boolean panicked;
    private volatile boolean suspended;

    void event(String source, MachineEvent event, int detail) {
        switch (event) {
            case PANIC -> {
                if ((detail & PANICKED) != 0 && !panicked) {
                    panicked = true;
                    LOG.warn("{}: the guest reports a panic", source);
                }
            }
            case EXIT -> end(RunResult.EXIT);
            case RESET -> end(RunResult.RESET);
            case CRASH -> end(RunResult.CRASH);
            case WATCHDOG -> end(RunResult.WATCHDOG);
            case SUSPEND -> {
                if (!suspended) { // a guest may ask for ever
                    suspended = true;
                    LOG.info("{}: suspend is not supported, ignored", source);
                }
            }
        }
    }

    private void end(RunResult wanted) {
        RunResult how = panicked ? RunResult.PANIC : wanted;
        if (result.compareAndSet(null, how)) {
            ended.countDown();
        }
    }

    /// Waits until the machine has ended.
    RunResult await() throws InterruptedException {
        ended.await();
        RunResult how = result.get();
        if (how == null) {
            throw new IllegalStateException("ended without a result");
        }
        return how;
    }

    boolean hasEnded() {
        return ended.getCount() == 0;
    }
}
