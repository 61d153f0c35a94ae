package testudo.core.virtio;

import java.util.List;
import java.util.Optional;
import testudo.core.ring.QueueConfig;
import testudo.spi.host.HostEvent;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.memory.GuestMemory;
import testudo.spi.virtio.VirtioDevice;

/// A virtio device whose queues are served elsewhere: in another process or in the kernel. The machine hands it rings instead of queues.
///
/// It is activated after [#offload], with queues that are disabled where they are served elsewhere. As for all devices, calls come on its first loop.
public interface OffloadedDevice extends VirtioDevice {
    /// The reserved features that whoever serves the queues can do.
    /// @return a mask of [testudo.spi.virtio.VirtioFeature]
    long ringFeatures();

    /// Says where guest memory is. Once, on the thread that makes the device.
    /// @param memory the guest's; regions may come and go
    /// @param handles passes regions on; nothing when the hypervisor can't share memory
    /// @throws testudo.spi.VmmException.Config when it can't do without
    void share(GuestMemory memory, Optional<MemoryHandles> handles);

    /// Whether a queue is served elsewhere.
    /// @param queue its index
    /// @param features what was negotiated
    /// @return false for one that the device serves itself
    default boolean offloads(int queue, long features) {
        return true;
    }

    /// Says where the rings are that the next activation is about.
    /// @param queues those that the driver uses and [#offloads] says
    /// @param interrupts tells the driver, for a queue that nobody else can tell about
    void offload(List<Ring> queues, VirtioInterrupts interrupts);

    /// The transport has changed what [VirtioInterrupts#event(int)] answers.
    void interruptsChanged();

    /// A ring.
    /// @param config what the driver has set up
    /// @param kick signalled when the driver has made chains available; stays the machine's
    record Ring(QueueConfig config, HostEvent kick) {}
}
