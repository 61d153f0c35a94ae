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
    /// @return the queue, at its start
    /// @throws QueueFault when the rings are misaligned or not in memory
    static RingQueue create(QueueConfig config, DeviceMemory memory) {
        boolean packed = (config.features() & VirtioFeature.RING_PACKED) != 0;
        return create(config, memory, packed ? RingPosition.PACKED_START : RingPosition.SPLIT_START);
    }

    /// Makes a queue of the negotiated kind that goes on where another one was saved.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @param position from [#position()]
    /// @return the queue
    /// @throws QueueFault when the rings are misaligned or not in memory, or the position is not in the ring
    static RingQueue create(QueueConfig config, DeviceMemory memory, RingPosition position) {
        return (config.features() & VirtioFeature.RING_PACKED) != 0
                ? new PackedQueue(config, memory, position)
                : new SplitQueue(config, memory, position);
    }

    /// Makes completions visible to the driver. On the queue's thread.
    /// @return whether the driver wants an interrupt for them
    boolean publish();

    /// Where it has come to. All that was taken must be completed and published.
    /// @return the position
    /// @throws IllegalStateException when a chain is under way
    RingPosition position();
}
