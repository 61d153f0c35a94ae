package testudo.spi.virtio;

/// A virtio device. It never sees PCI, MMIO, vhost-user, processes or threads.
///
/// All calls come on the thread of its event loop, except [#traits()] (any) and [#onKick] of queues that belong to further loops
/// ([VirtioTraits#loops()]): such a device keeps its state per queue.
public interface VirtioDevice extends AutoCloseable {
    /// Its facts, constant.
    /// @return the traits
    VirtioTraits traits();

    /// Reads configuration space. Also before activation.
    /// @param offset `0 <= offset`, `offset + sizeBytes <= configSizeBytes`
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value, little-endian
    long readConfig(int offset, int sizeBytes);

    /// Writes configuration space. Fields that the specification calls read-only ignore it.
    /// @param offset `0 <= offset`, `offset + sizeBytes <= configSizeBytes`
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value, little-endian
    default void writeConfig(int offset, int sizeBytes, long value) {}

    /// The driver is ready: queues may be served from now on.
    /// @param activation what was negotiated
    void activate(VirtioActivation activation);

    /// The driver has made chains available on a queue; also called once for each queue after activation.
    /// Serve until [Virtqueue#next] answers false, unless a resource is exhausted.
    /// @param queue its index
    /// @throws QueueFault when the driver broke the ring; the core stops the device and asks for a reset
    void onKick(int queue);

    /// Stops taking chains and finishes those that are under way. Blocks at most for the backend's slowest operation.
    void quiesce();

    /// Back to the state before [#activate], keeping its backend open. [#quiesce()] was called before when it was active.
    void reset();

    @Override
    void close();
}
