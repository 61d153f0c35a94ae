package testudo.spi.virtio;

import java.util.List;

/// The constant facts of a virtio device.
/// @param typeId device type (VIRTIO 1.3, 5 "Device Types")
/// @param name the type's name: `block`
/// @param features device-specific feature bits, 0 to 23 and 50 to 127 as far as 64 bits go, and [VirtioFeature#IN_ORDER] when every queue
/// completes its chains in the order in which it took them; the core adds those of rings and transports
/// @param queueSizes the largest size of each queue, powers of two up to 32768
/// @param configSizeBytes length of the device's configuration space, 0 to 4096
/// @param pciClass class and subclass as 16 bits, for the PCI transport
/// @param loops how many event loops serve the queues, 1 or more: queue `i` belongs to loop `i % loops`
/// @param packedRing whether packed virtqueues are offered
public record VirtioTraits(
        int typeId,
        String name,
        long features,
        List<Integer> queueSizes,
        int configSizeBytes,
        int pciClass,
        int loops,
        boolean packedRing) {
    /// Copies the list.
    public VirtioTraits {
        queueSizes = List.copyOf(queueSizes);
    }
}
