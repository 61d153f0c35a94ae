package testudo.spi.virtio;

import java.util.Optional;
import testudo.spi.host.VhostDevice;

/// A device that leaves queues to the host's kernel. The core sets their rings up before [#activate], in which the device starts the kernel's
/// work, and takes them back after [#quiesce], in which the device has stopped it. Those queues are then disabled for the device itself.
///
/// It offers only features that the kernel can do, and lives in the machine's process: the kernel reads guest memory by that.
public interface KernelServed extends VirtioDevice {
    /// Which of the kernel's rings a queue is.
    /// @param queue its index
    /// @param features what was negotiated
    /// @return nothing for a queue that the device serves itself
    Optional<KernelRing> kernelRing(int queue, long features);

    /// A ring in the kernel.
    /// @param backend owned by the device, constant until it is closed
    /// @param ring index in that back-end
    record KernelRing(VhostDevice backend, int ring) {}
}
