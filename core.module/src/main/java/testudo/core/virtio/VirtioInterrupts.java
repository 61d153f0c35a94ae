package testudo.core.virtio;

import java.util.Optional;
import testudo.spi.host.HostEvent;

/// How a transport tells the driver. Any thread; does not allocate.
public interface VirtioInterrupts {
    /// Before a transport is connected nobody hears anything.
    VirtioInterrupts NONE = new VirtioInterrupts() {
        @Override
        public void queue(int queue) {}

        @Override
        public void config() {}
    };

    /// A queue has used buffers.
    /// @param queue its index
    void queue(int queue);

    /// Configuration space or the device status has changed.
    void config();

    /// An event that does what [#queue] does when anybody signals it. Valid until the device hears that interrupts have changed.
    /// @param queue its index
    /// @return nothing where the hypervisor has no such event, or while the driver has the interrupt masked
    default Optional<HostEvent> event(int queue) {
        return Optional.empty();
    }
}
