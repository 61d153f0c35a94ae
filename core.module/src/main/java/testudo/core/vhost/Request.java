package testudo.core.vhost;

/// Request numbers of messages ("Front-end message types", "Back-end message types"), header flags and sizes.
final class Request {
    static final int GET_FEATURES = 1;
    static final int SET_FEATURES = 2;
    static final int SET_OWNER = 3;
    static final int RESET_OWNER = 4;
    static final int SET_MEM_TABLE = 5;
    static final int SET_LOG_BASE = 6;
    static final int SET_LOG_FD = 7;
    static final int SET_VRING_NUM = 8;
    static final int SET_VRING_ADDR = 9;
    static final int SET_VRING_BASE = 10;
    static final int GET_VRING_BASE = 11;
    static final int SET_VRING_KICK = 12;
    static final int SET_VRING_CALL = 13;
    static final int SET_VRING_ERR = 14;
    static final int GET_PROTOCOL_FEATURES = 15;
    static final int SET_PROTOCOL_FEATURES = 16;
    static final int GET_QUEUE_NUM = 17;
    static final int SET_VRING_ENABLE = 18;
    static final int SET_BACKEND_REQ_FD = 21;
    static final int GET_CONFIG = 24;
    static final int SET_CONFIG = 25;
    static final int GET_INFLIGHT_FD = 31;
    static final int SET_INFLIGHT_FD = 32;
    static final int RESET_DEVICE = 34;
    static final int GET_MAX_MEM_SLOTS = 36;
    static final int ADD_MEM_REG = 37;
    static final int REM_MEM_REG = 38;
    static final int SET_STATUS = 39;
    static final int GET_STATUS = 40;

    /// From back-end to front-end: configuration space has changed.
    static final int BACKEND_CONFIG_CHANGE = 2;

    /// Header flags: protocol version 1.
    static final int VERSION = 1;
    /// The bits of the version.
    static final int VERSION_MASK = 3;
    /// Header flag: a reply.
    static final int REPLY = 4;
    /// Header flag: an acknowledgement is wanted.
    static final int NEED_REPLY = 8;

    /// In the index of SET_VRING_KICK, CALL and ERR: no handle comes along.
    static final int NO_HANDLE = 0x100;
    /// The other bits of that index.
    static final int INDEX_MASK = 0xFF;

    static final int REGION_BYTES = 32;
    static final int CONFIG_HEADER_BYTES = 12;
    /// `VHOST_USER_MAX_CONFIG_SIZE`.
    static final int MAX_CONFIG_BYTES = 256;

    private Request() {}
}
