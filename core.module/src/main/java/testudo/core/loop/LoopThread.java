package testudo.core.loop;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// A platform thread that waits for events and calls handlers, one at a time.
///
/// Idle it sleeps in the poller. Waiting, dispatching and turns do not allocate; [#execute] does. A handler that throws ends nothing:
/// it is reported to the failure handler once for each exception.
public final class LoopThread implements EventLoop, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LoopThread.class);
    private static final int WAKE_TOKEN = 0;

    private final Poller poller;
    private final HostEvent wake;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final AtomicInteger queued = new AtomicInteger();
    /// Those that were asked for; the loop's thread.
    private final ArrayDeque<LoopTurn> turns = new ArrayDeque<>();
    private final Thread thread;
    private final FailureHandler failures;
    private final Object watchLock = new Object();
    private volatile @Nullable LoopWatch[] watches = new LoopWatch[8];
    private int cancelled;
    private final Settling settling = new Settling();
    private volatile boolean stopping;
    private boolean closed;

    /// Makes a loop; it runs after [#start()].
    /// @param name of the thread
    /// @param host makes the poller and the wake-up event
    /// @param failures told what a handler threw, on the loop's thread
    public LoopThread(String name, HostPlatform host, FailureHandler failures) {
        this.failures = failures;
        poller = host.events().newPoller();
        wake = host.events().newEvent();
        poller.add(wake, WAKE_TOKEN, Poller.READABLE);
        thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::run);
    }

    /// Starts the thread.
    /// @return this
    public LoopThread start() {
        thread.start();
        return this;
    }

    @Override
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        synchronized (watchLock) {
            int token = freeToken();
            LoopWatch watch = new LoopWatch(source, token, handler);
            watches[token] = watch;
            boolean added = false;
            try {
                poller.add(source, token, interest);
                added = true;
            } finally {
                if (!added) {
                    watches[token] = null;
                }
            }
            return watch;
        }
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        queued.incrementAndGet();
        wake.signal();
    }

    @Override
    public Turn turn(Runnable task) {
        return new LoopTurn(task);
    }

    @Override
    public boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /// Waits until the loop has done what there was to do when this was called, and what that led to: until it would sleep. Not on the loop's
    /// thread. A source that never runs dry is waited for during [Settling#MOST_ROUNDS] rounds only.
    /// @return whether there was anything to do
    public boolean settle() {
        if (!thread.isAlive()) {
            return false;
        }
        long turn = settling.ask();
        wake.signal();
        return settling.await(turn);
    }

    /// Ends the thread after the tasks that are queued now, waits for it and releases the poller. Idempotent; not on the loop's thread.
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        stopping = true;
        wake.signal();
        boolean interrupted = Thread.interrupted(); // it means the caller, not the tasks that are still to run
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        runTasks();
        poller.close();
        wake.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!stopping) {
                long waiting = settling.pending();
                int ready = poller.await(turns.isEmpty() && waiting == 0 ? -1 : 0);
                boolean idle = turns.isEmpty() && queued.get() == 0;
                for (int i = 0; i < ready; i++) {
                    idle &= poller.token(i) == WAKE_TOKEN;
                    dispatch(poller.token(i), poller.ready(i));
                }
                freeCancelled();
                runTasks();
                takeTurns();
                if (waiting != 0) {
                    settling.round(waiting, idle);
                }
            }
        } catch (RuntimeException | Error broken) { // the poller itself: nothing can be waited for any more
            report(broken);
        } finally {
            settling.end();
        }
    }

    private void dispatch(int token, int ready) {
        if (token == WAKE_TOKEN) {
            wake.consume();
            return;
        }
        LoopWatch watch = watches[token];
        if (watch == null || watch.cancelled) {
            return; // by an earlier handler of this round, or by another thread
        }
        try {
            watch.handler.ready(ready);
        } catch (Throwable failure) { // the loop outlives any handler; the owner decides what a failure means
            report(failure);
        }
    }

    /// Runs what is queued now. What these tasks queue waits for the next round, or a task that goes on by queueing itself would keep
    /// the sources waiting.
    private void runTasks() {
        for (int left = queued.get(); left > 0; left--) {
            Runnable task = tasks.remove();
            queued.decrementAndGet();
            try {
                task.run();
            } catch (Throwable failure) { // as in dispatch
                report(failure);
            }
        }
    }

    /// As with tasks: who asks again waits for the next round.
    private void takeTurns() {
        for (int left = turns.size(); left > 0; left--) {
            LoopTurn turn = turns.remove();
            turn.asked = false;
            try {
                turn.task.run();
            } catch (Throwable failure) { // as in dispatch
                report(failure);
            }
        }
    }

    private void report(Throwable failure) {
        try {
            failures.failed(failure);
        } catch (RuntimeException second) {
            LOG.error("{}: failure handler failed", thread.getName(), second);
        }
    }

    /// Frees the tokens of cancelled watches. Not before the end of a round: one that is given to a new source in the middle of it
    /// would bring that source the events of the old one.
    private void freeCancelled() {
        synchronized (watchLock) {
            if (cancelled == 0) {
                return;
            }
            @Nullable LoopWatch[] current = watches;
            for (int token = WAKE_TOKEN + 1; token < current.length; token++) {
                LoopWatch watch = current[token];
                if (watch != null && watch.cancelled) {
                    current[token] = null;
                }
            }
            cancelled = 0;
        }
    }

    private int freeToken() {
        @Nullable LoopWatch[] current = watches;
        for (int token = WAKE_TOKEN + 1; token < current.length; token++) {
            if (current[token] == null) {
                return token;
            }
        }
        watches = java.util.Arrays.copyOf(current, current.length * 2);
        return current.length;
    }

    /// Told what a handler threw.
    @FunctionalInterface
    public interface FailureHandler {
        /// A handler has thrown.
        /// @param failure what it threw
        void failed(Throwable failure);
    }

    private final class LoopTurn implements Turn {
        private final Runnable task;
        private boolean asked;

        private LoopTurn(Runnable task) {
            this.task = task;
        }

        @Override
        public void again() {
            if (!isCurrent()) {
                execute(this::again);
            } else if (!asked) {
                asked = true;
                turns.add(this);
            }
        }
    }

    private final class LoopWatch implements Watch {
        private final Pollable source;
        private final int token;
        private final ReadyHandler handler;
        private volatile boolean cancelled;

        private LoopWatch(Pollable source, int token, ReadyHandler handler) {
            this.source = source;
            this.token = token;
            this.handler = handler;
        }

        @Override
        public void interest(int interest) {
            synchronized (watchLock) {
                if (!cancelled) {
                    poller.change(source, token, interest);
                }
            }
        }

        @Override
        public void cancel() {
            synchronized (watchLock) {
                if (cancelled) {
                    return;
                }
                cancelled = true;
                LoopThread.this.cancelled++;
                poller.remove(source);
            }
            if (!isCurrent()) {
                wake.signal(); // a sleeping loop would keep the token
            }
        }
    }
}
