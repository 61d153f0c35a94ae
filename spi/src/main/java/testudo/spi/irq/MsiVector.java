package testudo.spi.irq;

import java.util.Optional;
import testudo.spi.host.HostEvent;

/// A message-signalled interrupt of one device. Programmed from vCPU threads, raised from any thread.
public interface MsiVector extends AutoCloseable {
    /// Sets the message. Takes effect before the next [#raise()].
    /// @param address as the guest wrote it
    /// @param data as the guest wrote it
    void program(long address, int data);

    /// Delivers the message that was programmed last; nothing when none was. Does not allocate.
    void raise();

    /// The event that delivers the message when it is signalled by anybody, where the hypervisor has irqfd.
    /// @return the event, owned by the vector
    Optional<HostEvent> event();

    /// Releases the route. Idempotent.
    @Override
    void close();
}
