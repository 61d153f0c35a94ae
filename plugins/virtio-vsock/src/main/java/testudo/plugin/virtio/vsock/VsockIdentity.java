package testudo.plugin.virtio.vsock;

import java.util.List;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;

/// What a driver sees of a socket device, whoever serves it (VIRTIO 1.3, 5.10.2 "Virtqueues" to 5.10.4 "Device configuration layout").
/// @param cid the guest's address
/// @param features device-specific feature bits
/// @param queueSizes receive, transmit, events
record VsockIdentity(long cid, long features, List<Integer> queueSizes) {
    static final VirtioType TYPE = new VirtioType("vsock", 19, 0x0280, 3);
    static final int RECEIVE = 0;
    static final int TRANSMIT = 1;
    static final int EVENTS = 2;
    /// `VIRTIO_VSOCK_F_STREAM` and `VIRTIO_VSOCK_F_SEQPACKET` (5.10.3 "Feature bits").
    static final long STREAM = 1;
    static final long SEQPACKET = 1 << 1;
    private static final int CONFIG_BYTES = 8;

    VsockIdentity {
        queueSizes = List.copyOf(queueSizes);
    }

    VirtioTraits traits() {
        return new VirtioTraits(TYPE.typeId(), TYPE.name(), features, queueSizes, CONFIG_BYTES, TYPE.pciClass(), 1, false);
    }

    /// The address, 64 bits of which the upper half is 0.
    long readConfig(int offset, int sizeBytes) {
        long value = cid >>> (offset * Byte.SIZE);
        return sizeBytes == Long.BYTES ? value : value & ((1L << (sizeBytes * Byte.SIZE)) - 1);
    }
}
