package testudo.core.virtio;

import java.util.List;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.Virtqueue;

/// What a device is activated with, whoever its driver is.
/// @param features what was negotiated
/// @param queues one for each queue of the device, those that the driver does not use as [DisabledQueue]
/// @param memory the device's view of guest memory
/// @param configChanged tells the driver that configuration space has changed; on any thread
public record Activation(long features, List<Virtqueue> queues, DeviceMemory memory, Runnable configChanged) implements VirtioActivation {
    /// Copies the list.
    public Activation {
        queues = List.copyOf(queues);
    }

    @Override
    public Virtqueue queue(int index) {
        return queues.get(index);
    }

    @Override
    public void raiseConfig() {
        configChanged.run();
    }
}
