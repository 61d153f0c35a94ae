package testudo.spi.virtio;

/// The driver broke the ring protocol. Stackless; the core stops the device and sets `DEVICE_NEEDS_RESET`.
public final class QueueFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Makes a fault.
    /// @param message what is wrong with the ring; constant text, so that a guest can't flood a log with variants
    public QueueFault(String message) {
        super(message, null, false, false);
    }
}
