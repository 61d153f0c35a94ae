package testudo.testing.driver;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// An event loop that runs in the thread of the test, when the test says so: one handler after the other, in the order of
/// [#watch]. Sources come from a [MemoryHost].
public final class InlineLoop implements EventLoop {
    private final List<InlineWatch> watches = new ArrayList<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private Runnable after = () -> {};

    /// Makes a loop.
    public InlineLoop() {}

    /// Sets what runs after each handler and task, as the core publishes completions.
    /// @param newAfter replaces the earlier one
    public void afterEach(Runnable newAfter) {
        after = newAfter;
    }

    @Override
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        if (!(source instanceof MemorySource memory)) {
            throw new IllegalArgumentException("not a source of the host in memory: " + source);
        }
        InlineWatch watch = new InlineWatch(memory, interest, handler);
        watches.add(watch);
        return watch;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

    /// Runs one round: the tasks that wait, then each ready handler once.
    /// @return how many tasks and handlers ran
    public int runOnce() {
        int ran = 0;
        for (int waiting = tasks.size(); waiting > 0; waiting--) {
            Runnable task = tasks.poll();
            if (task != null) {
                task.run();
                after.run();
                ran++;
            }
        }
        for (int i = 0; i < watches.size(); i++) {
            InlineWatch watch = watches.get(i);
            int ready = watch.cancelled ? 0 : watch.source.ready() & (watch.interest | Poller.HANG_UP);
            if (ready != 0) {
                watch.handler.ready(ready);
                after.run();
                ran++;
            }
        }
        watches.removeIf(watch -> watch.cancelled);
        return ran;
    }

    /// Runs until nothing is ready.
    /// @param maxRounds a limit
    /// @throws AssertionError when it is still busy then: a device spins
    public void runUntilIdle(int maxRounds) {
        for (int round = 0; round < maxRounds; round++) {
            if (runOnce() == 0) {
                return;
            }
        }
        throw new AssertionError("still busy after " + maxRounds + " rounds: a handler does not take its event");
    }

    private static final class InlineWatch implements Watch {
        private final MemorySource source;
        private final ReadyHandler handler;
        private int interest;
        private boolean cancelled;

        InlineWatch(MemorySource source, int interest, ReadyHandler handler) {
            this.source = source;
            this.interest = interest;
            this.handler = handler;
        }

        @Override
        public void interest(int newInterest) {
            interest = newInterest;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }
}
