package testudo.testing.driver;

/// A guest driver of a virtio device, whatever its transport: brings the device up and notifies it. One thread.
public interface VirtioDriver {
    /// Device status: the guest has noticed the device.
    int ACKNOWLEDGE = 1;
    /// Device status: the guest knows how to drive it.
    int DRIVER = 2;
    /// Device status: the driver is ready.
    int DRIVER_OK = 4;
    /// Device status: features are agreed.
    int FEATURES_OK = 8;
    /// Device status: the device has failed.
    int NEEDS_RESET = 64;

    /// The device status.
    /// @return its bits
    int status();

    /// Writes the device status.
    /// @param status its bits
    void status(int status);

    /// The features that the device offers.
    /// @return a mask
    long offeredFeatures();

    /// Writes the features that the driver accepts.
    /// @param features a mask
    void acceptFeatures(long features);

    /// Sets up and enables a queue, without an interrupt of its own.
    /// @param queue its index
    /// @param ring where it is
    void setUp(int queue, FakeDriver ring);

    /// Notifies a queue.
    /// @param queue any 16 bits
    void notifyQueue(int queue);

    /// Reads device configuration.
    /// @param offset in device configuration
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value
    long config(long offset, int sizeBytes);

    /// Polls until the device status has a value.
    /// @param mask the bits that matter
    /// @param wanted their value
    /// @throws AssertionError when it never has
    default void awaitStatus(int mask, int wanted) {
        for (int i = 0; i < 10_000_000; i++) {
            if ((status() & mask) == wanted) {
                return;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("device status 0x%x never became 0x%x".formatted(status(), wanted));
    }

    /// Resets the device and waits until it says so.
    default void reset() {
        status(0);
        awaitStatus(0xFF, 0);
    }

    /// Resets the device and agrees on features.
    /// @param features what to accept
    /// @return whether the device agreed
    default boolean negotiate(long features) {
        reset();
        status(ACKNOWLEDGE);
        status(ACKNOWLEDGE | DRIVER);
        acceptFeatures(features);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        return (status() & FEATURES_OK) != 0;
    }

    /// Says that the driver is ready.
    default void ready() {
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }
}
