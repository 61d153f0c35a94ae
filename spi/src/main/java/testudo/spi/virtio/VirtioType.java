package testudo.spi.virtio;

/// A type of virtio device, as far as a machine must know it when the device itself is served by another program (`--vhost-user`), which
/// says neither its type nor, perhaps, how many queues it has.
/// @param name what users and logs call it: `block`, with the characters `a` to `z`, `0` to `9` and `-`
/// @param typeId the device type, 1 to 191 (VIRTIO 1.3, 5 "Device Types")
/// @param pciClass class and subclass as 16 bits, for the PCI transport
/// @param minimumQueues how many queues such a device has at least, 1 or more
public record VirtioType(String name, int typeId, int pciClass, int minimumQueues) {
    private static final int MAX_TYPE_ID = 0xBF;
    private static final int MAX_CLASS = 0xFFFF;

    /// Checks the ranges.
    public VirtioType {
        if (!name.matches("[a-z0-9-]+")) {
            throw new IllegalArgumentException("'%s' is no name of a device type".formatted(name));
        }
        if (typeId < 1 || typeId > MAX_TYPE_ID || pciClass < 0 || pciClass > MAX_CLASS || minimumQueues < 1) {
            throw new IllegalArgumentException("%s: type %d, class %#x, %d queues".formatted(name, typeId, pciClass, minimumQueues));
        }
    }
}
