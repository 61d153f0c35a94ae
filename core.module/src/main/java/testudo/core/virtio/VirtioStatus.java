package testudo.core.virtio;

/// Bits of the device status field (VIRTIO 1.3, 2.1 "Device Status Field").
final class VirtioStatus {
    static final int ACKNOWLEDGE = 1;
    static final int DRIVER = 2;
    static final int DRIVER_OK = 4;
    static final int FEATURES_OK = 8;
    static final int NEEDS_RESET = 64;
    static final int FAILED = 128;
    /// What must be set before [#DRIVER_OK] (3.1.1 "Driver Requirements: Device Initialization").
    static final int READY = ACKNOWLEDGE | DRIVER | FEATURES_OK;
    /// What a driver can set.
    static final int SETTABLE = READY | DRIVER_OK | FAILED;

    private VirtioStatus() {}
}
