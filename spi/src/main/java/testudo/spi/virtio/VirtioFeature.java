package testudo.spi.virtio;

/// Feature bits that are the same for all devices (VIRTIO 1.3, 6 "Reserved Feature Bits"), as masks.
public final class VirtioFeature {
    /// A descriptor may point to a table of descriptors.
    public static final long INDIRECT_DESC = 1L << 28;
    /// Notifications are suppressed by ring index.
    public static final long EVENT_IDX = 1L << 29;
    /// Not a legacy device.
    public static final long VERSION_1 = 1L << 32;
    /// The device's accesses may be translated.
    public static final long ACCESS_PLATFORM = 1L << 33;
    /// Packed virtqueues.
    public static final long RING_PACKED = 1L << 34;
    /// Chains are completed in the order they were made available.
    public static final long IN_ORDER = 1L << 35;
    /// The driver passes extra data with its notifications.
    public static final long NOTIFICATION_DATA = 1L << 38;
    /// A queue can be reset by itself.
    public static final long RING_RESET = 1L << 40;

    private VirtioFeature() {}
}
