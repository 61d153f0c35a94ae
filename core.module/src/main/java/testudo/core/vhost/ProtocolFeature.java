package testudo.core.vhost;

/// Protocol feature bits ("Protocol features"), as masks, and the feature bits that belong to the protocol.
final class ProtocolFeature {
    /// The number of queues can be asked for.
    static final long MQ = 1;
    /// The dirty page log is shared memory.
    static final long LOG_SHMFD = 1L << 1;
    /// Any request can be acknowledged.
    static final long REPLY_ACK = 1L << 3;
    /// The back-end may send requests.
    static final long BACKEND_REQ = 1L << 5;
    /// Configuration space can be read and written.
    static final long CONFIG = 1L << 9;
    /// Inflight descriptors are tracked in shared memory.
    static final long INFLIGHT_SHMFD = 1L << 12;
    /// There is an explicit reset.
    static final long RESET_DEVICE = 1L << 13;
    /// Memory regions are added and removed one by one.
    static final long CONFIGURE_MEM_SLOTS = 1L << 15;
    /// The device status is passed on.
    static final long STATUS = 1L << 16;

    /// A virtio feature bit: the back-end logs the pages it writes (`VHOST_F_LOG_ALL`).
    static final long LOG_ALL = 1L << 26;
    /// A virtio feature bit: protocol features can be negotiated (`VHOST_USER_F_PROTOCOL_FEATURES`).
    static final long PROTOCOL_FEATURES = 1L << 30;

    private ProtocolFeature() {}
}
