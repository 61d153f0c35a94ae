package testudo.core.virtio;

/// How a transport tells the driver. Any thread; does not allocate.
public interface VirtioInterrupts {
    /// A queue has used buffers.
    /// @param queue its index
    void queue(int queue);

    /// Configuration space or the device status has changed.
    void config();
}
