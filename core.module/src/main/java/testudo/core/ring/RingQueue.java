package testudo.core.ring;

import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.Virtqueue;

/// A queue and what only the core may do with it.
public interface RingQueue extends Virtqueue {
    /// Makes a queue of the negotiated kind.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @return the queue
    /// @throws QueueFault when the rings are misaligned or not in memory
    static RingQueue create(QueueConfig config, DeviceMemory memory) {
        return (config.features() & VirtioFeature.RING_PACKED) != 0
                ? new PackedQueue(config, memory)
                : new SplitQueue(config, memory);
    }

    /// Where the queue stands, for going on later with another queue over the same ring. No chain is under way.
    /// @return split: the next available index, 16 bits; packed: available index and wrap counter in the low, used in the high 16 bits
    int position();

    /// Goes on where another queue over the same ring stood. Before the first [#next].
    /// @param position from [#position()], or a peer's: any value is safe
    void resume(int position);

    /// Makes completions visible to the driver. On the queue's thread.
    /// @return whether the driver wants an interrupt for them
    boolean publish();
}
