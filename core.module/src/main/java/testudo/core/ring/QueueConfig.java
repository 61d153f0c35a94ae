package testudo.core.ring;

/// What the driver has set up for a queue; frozen once the device is live.
/// @param index the queue's index
/// @param size number of descriptors, 1 to 32768; a power of two for split rings
/// @param descriptors address of the descriptor table or descriptor ring
/// @param driver address of the available ring or the driver's event suppression structure
/// @param device address of the used ring or the device's event suppression structure
/// @param features negotiated feature bits
public record QueueConfig(int index, int size, long descriptors, long driver, long device, long features) {}
