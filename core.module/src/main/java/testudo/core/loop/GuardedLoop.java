package testudo.core.loop;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Pollable;

/// A view of a loop that runs every handler and task inside a guard: a lock, or work to be done after each of them.
public final class GuardedLoop implements EventLoop {
    private final EventLoop loop;
    private final Guard guard;

    /// Makes a view.
    /// @param loop runs the handlers
    /// @param guard runs around them
    public GuardedLoop(EventLoop loop, Guard guard) {
        this.loop = loop;
        this.guard = guard;
    }

    @Override
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        GuardedWatch watch = new GuardedWatch(handler);
        watch.inner = loop.watch(source, interest, ready -> guard.ready(watch, ready));
        return watch;
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(() -> guard.ready(ignored -> task.run(), 0));
    }

    @Override
    public Turn turn(Runnable task) {
        ReadyHandler handler = ignored -> task.run();
        return loop.turn(() -> guard.ready(handler, 0));
    }

    @Override
    public boolean isCurrent() {
        return loop.isCurrent();
    }

    /// Looks once more inside the guard whether it was cancelled: the loop may have waited for a lock under which that happened.
    private static final class GuardedWatch implements Watch, ReadyHandler {
        private final ReadyHandler handler;
        private @Nullable Watch inner;
        private volatile boolean cancelled;

        private GuardedWatch(ReadyHandler handler) {
            this.handler = handler;
        }

        @Override
        public void ready(int ready) {
            if (!cancelled) {
                handler.ready(ready);
            }
        }

        @Override
        public void interest(int interest) {
            inner().interest(interest);
        }

        @Override
        public void cancel() {
            cancelled = true;
            inner().cancel();
        }

        private Watch inner() {
            return Objects.requireNonNull(inner, "a watch is used before it is made");
        }
    }

    /// Runs something around a handler.
    @FunctionalInterface
    public interface Guard {
        /// Calls the handler exactly once.
        /// @param handler what to call
        /// @param ready what to call it with
        void ready(ReadyHandler handler, int ready);
    }
}
