package testudo.plugin.virtio.vsock;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The header of a packet in a buffer of ours (VIRTIO 1.3, 5.10.6 "Device Operation").
final class Packet {
    static final int HEADER_BYTES = 44;

    static final int STREAM = 1;
    static final int SEQPACKET = 2;

    static final int REQUEST = 1;
    static final int RESPONSE = 2;
    static final int RESET = 3;
    static final int SHUTDOWN = 4;
    static final int DATA = 5;
    static final int CREDIT_UPDATE = 6;
    static final int CREDIT_REQUEST = 7;

    /// Flags of [#SHUTDOWN]: the sender will receive, or send, no more.
    static final int NO_RECEIVE = 1;
    static final int NO_SEND = 2;
    static final int NEITHER = NO_RECEIVE | NO_SEND;
    /// Flag of [#DATA] in a [#SEQPACKET] connection: a message ends here.
    static final int END_OF_MESSAGE = 1;

    static final long HOST_CID = 2;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final MemorySegment bytes;

    /// @param bytes at least a header; stays the caller's
    Packet(MemorySegment bytes) {
        this.bytes = bytes;
    }

    long sourceCid() {
        return bytes.get(LONG, 0);
    }

    long targetCid() {
        return bytes.get(LONG, 8);
    }

    int sourcePort() {
        return bytes.get(INT, 16);
    }

    int targetPort() {
        return bytes.get(INT, 20);
    }

    long lengthBytes() {
        return Integer.toUnsignedLong(bytes.get(INT, 24));
    }

    int type() {
        return bytes.get(SHORT, 28) & 0xFFFF;
    }

    int operation() {
        return bytes.get(SHORT, 30) & 0xFFFF;
    }

    int flags() {
        return bytes.get(INT, 32);
    }

    /// Unsigned: how much the sender has room for, of what it has not forwarded.
    int roomBytes() {
        return bytes.get(INT, 36);
    }

    /// A counter that wraps: how much of what it received the sender has forwarded.
    int forwardedBytes() {
        return bytes.get(INT, 40);
    }

    void cids(long source, long target) {
        bytes.set(LONG, 0, source);
        bytes.set(LONG, 8, target);
    }

    void ports(int source, int target) {
        bytes.set(INT, 16, source);
        bytes.set(INT, 20, target);
    }

    void content(int type, int operation, int lengthBytes, int flags) {
        bytes.set(INT, 24, lengthBytes);
        bytes.set(SHORT, 28, (short) type);
        bytes.set(SHORT, 30, (short) operation);
        bytes.set(INT, 32, flags);
    }

    void credit(int room, int forwarded) {
        bytes.set(INT, 36, room);
        bytes.set(INT, 40, forwarded);
    }
}
