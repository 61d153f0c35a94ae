package testudo.spi.device;

import testudo.spi.host.Pollable;

/// The thread that owns a device: waits for events and calls handlers, one at a time.
///
/// After each handler the core publishes what the device has completed on its queues, so a device never does.
/// Called on the loop's own thread unless said otherwise.
public interface EventLoop {
    /// Watches a source. Also from the thread that makes the device.
    /// @param source level-triggered; the caller closes it after [Watch#cancel()]
    /// @param interest a mask of [testudo.spi.host.Poller#READABLE] and its like
    /// @param handler called when it is ready, with what it is ready for; must take the event
    /// @return to change or end it
    Watch watch(Pollable source, int interest, ReadyHandler handler);

    /// Runs something on the loop's thread soon. Any thread.
    /// @param task runs once
    void execute(Runnable task);

    /// Prepares work that a handler does in turns, so that what one turn completed is published and others on this loop have theirs. Any thread.
    /// @param task does one turn, on the loop's thread
    /// @return to ask for the next one
    default Turn turn(Runnable task) {
        return () -> execute(task);
    }

    /// Whether the calling thread is the loop's.
    /// @return true on the loop's thread
    boolean isCurrent();

    /// Called with what a source is ready for.
    @FunctionalInterface
    interface ReadyHandler {
        /// A source is ready.
        /// @param ready a mask of [testudo.spi.host.Poller#READABLE] and its like
        void ready(int ready);
    }

    /// Work that is done in turns.
    @FunctionalInterface
    interface Turn {
        /// Asks for one more turn, after the handlers of all that is ready. Idempotent until it comes. Does not allocate.
        void again();
    }

    /// A source that is being watched.
    interface Watch {
        /// Changes what is waited for; 0 pauses.
        /// @param interest a mask
        void interest(int interest);

        /// Stops watching. Idempotent. No call of the handler follows.
        void cancel();
    }
}
