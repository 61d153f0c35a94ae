package testudo.testing.driver;

import org.jspecify.annotations.Nullable;
import testudo.spi.host.Pollable;

/// Something in memory that can be ready, and wakes the poller that watches it. Any thread.
public abstract class MemorySource implements Pollable {
    private volatile @Nullable Object watcher;

    /// Makes a source that nobody watches.
    protected MemorySource() {}

    /// What it is ready for.
    /// @return a mask of [testudo.spi.host.Poller#READABLE] and its like
    public abstract int ready();

    /// Tells the poller that [#ready()] may have changed.
    protected final void changed() {
        Object poller = watcher;
        if (poller != null) {
            synchronized (poller) {
                poller.notifyAll();
            }
        }
    }

    final void watchedBy(@Nullable Object poller) {
        watcher = poller;
    }
}
