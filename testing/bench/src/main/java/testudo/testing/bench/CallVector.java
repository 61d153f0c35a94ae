package testudo.testing.bench;

import java.util.Optional;
import testudo.spi.host.HostEvent;
import testudo.spi.irq.MsiVector;

/// An interrupt that is an event, as with an irqfd.
/// @param call signalled for each interrupt
record CallVector(HostEvent call) implements MsiVector {
    @Override
    public void program(long address, int data) {}

    @Override
    public void raise() {
        call.signal();
    }

    @Override
    public Optional<HostEvent> event() {
        return Optional.of(call);
    }

    @Override
    public void close() {}
}
