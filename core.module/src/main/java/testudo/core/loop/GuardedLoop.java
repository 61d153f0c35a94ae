package testudo.core.loop;

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
        return loop.watch(source, interest, ready -> guard.ready(handler, ready));
    }

    @Override
    public void execute(Runnable task) {
        loop.execute(() -> guard.ready(ignored -> task.run(), 0));
    }

    @Override
    public boolean isCurrent() {
        return loop.isCurrent();
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
