package testudo.spi.net;

import java.util.Optional;

/// The host side of a network interface: one pair of frame queues for each queue pair of the device.
///
/// Frames carry the 12-byte header of VIRTIO 1.3, 5.1.6 "Device Operation" (`virtio_net_hdr_v1`) in front, in both directions.
public interface NetworkLink extends AutoCloseable {
    /// Length of the header in front of each frame.
    int HEADER_BYTES = 12;
    /// The longest frame with its header: a segment that is left to be cut, 64 KiB, and the link header.
    int MAX_FRAME_BYTES = HEADER_BYTES + 65535 + 18;

    /// What the link understands in headers, as feature bits of VIRTIO 1.3, 5.1.3 "Feature bits": checksums and segmentation.
    /// @return a mask of `CSUM`, `GUEST_CSUM`, `GUEST_TSO4`, … , `HOST_UFO`
    long features();

    /// Tells what guest and device have agreed on. Before the first frame, and whenever the driver changes it.
    /// @param features a mask within [#features()]; `GUEST_…` bits say what received frames may ask of the guest
    void agree(long features);

    /// The largest packet without link header that passes.
    /// @return bytes, 68 to 65535; 0 when it is not known
    int mtu();

    /// How many queue pairs it has.
    /// @return 1 or more
    int queues();

    /// A queue pair.
    /// @param index 0 to [#queues()] - 1
    /// @return the pair, closed with the link
    NetworkQueue queue(int index);

    /// Says how many of its queue pairs carry frames from now on; all, until this is called. The others receive nothing.
    /// @param pairs 1 to [#queues()]
    default void use(int pairs) {}

    /// The address that the guest must have, where the link passes frames for that one only.
    /// @return nothing where any address does
    default Optional<MacAddress> guestAddress() {
        return Optional.empty();
    }

    @Override
    void close();
}
