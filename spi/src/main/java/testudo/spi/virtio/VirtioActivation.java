package testudo.spi.virtio;

import testudo.spi.memory.DeviceMemory;

/// What driver and device have agreed on. Valid until [VirtioDevice#reset()].
public interface VirtioActivation {
    /// The feature bits that both sides accepted.
    /// @return a mask
    long features();

    /// A queue.
    /// @param index 0 to the number of queues - 1
    /// @return the queue; check [Virtqueue#enabled()]
    Virtqueue queue(int index);

    /// The device's view of guest memory, for addresses that do not come from a queue.
    /// @return the view
    DeviceMemory memory();

    /// Tells the driver that configuration space has changed. Any thread.
    void raiseConfig();
}
