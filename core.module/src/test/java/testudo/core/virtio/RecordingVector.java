package testudo.core.virtio;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import testudo.spi.host.HostEvent;
import testudo.spi.irq.MsiVector;

/// Counts what it delivers.
public final class RecordingVector implements MsiVector {
    /// How often it was raised.
    public final AtomicInteger raised = new AtomicInteger();

    /// What was programmed last.
    public volatile long address;

    /// What was programmed last.
    public volatile int data;

    /// Makes a vector that was never raised.
    public RecordingVector() {}

    @Override
    public void program(long newAddress, int newData) {
        address = newAddress;
        data = newData;
    }

    @Override
    public void raise() {
        raised.incrementAndGet();
    }

    @Override
    public Optional<HostEvent> event() {
        return Optional.empty();
    }

    @Override
    public void close() {
        // There is nothing to release.
    }
}
