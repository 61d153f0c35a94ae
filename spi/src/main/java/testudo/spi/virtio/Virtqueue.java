package testudo.spi.virtio;

/// A virtqueue as the device sees it, split or packed. Owned by one thread; does not allocate.
///
/// Completions become visible to the driver, and it is interrupted if it wants, when the handler that made them returns.
public interface Virtqueue {
    /// Its index.
    /// @return 0 or more
    int index();

    /// Its negotiated size.
    /// @return 1 to 32768
    int size();

    /// Whether the driver has enabled it.
    /// @return false for a queue the driver does not use
    boolean enabled();

    /// Takes the next descriptor chain the driver made available. The chain is copied and checked here; later guest writes to its descriptors have no effect.
    /// @param chain filled on success; must not hold a chain that has not been completed
    /// @return false when there is none; the driver will kick for the next one
    /// @throws QueueFault if the driver broke the ring protocol (VIRTIO 1.3, 2.7 "Split Virtqueues", 2.8 "Packed Virtqueues")
    boolean next(DescriptorChain chain);

    /// Gives a chain back to the driver.
    /// @param chain from [#next]
    /// @param writtenBytes how many bytes of its writable buffers, from the first on, were written
    void complete(DescriptorChain chain, long writtenBytes);
}
