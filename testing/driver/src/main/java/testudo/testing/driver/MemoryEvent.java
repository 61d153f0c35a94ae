package testudo.testing.driver;

import java.util.concurrent.atomic.AtomicLong;
import testudo.spi.host.HostEvent;
import testudo.spi.host.Poller;

/// An event in memory. Any thread.
public final class MemoryEvent extends MemorySource implements HostEvent {
    private final AtomicLong count = new AtomicLong();

    /// Makes an event that is not signalled.
    public MemoryEvent() {}

    @Override
    public void signal() {
        count.incrementAndGet();
        changed();
    }

    @Override
    public boolean consume() {
        return count.getAndSet(0) != 0;
    }

    @Override
    public int ready() {
        return count.get() != 0 ? Poller.READABLE : 0;
    }

    @Override
    public void close() {
        // There is nothing to release.
    }
}
