package testudo.testing.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;

/// A virtio block device that a [BlockDriver] can drive: guest memory, and the two events of its first queue.
///
/// The ring is where [GuestRing] puts it, with the features `VERSION_1` and `EVENT_IDX`, and `FLUSH`, without which each write would be made
/// durable before it completes.
interface BlockTarget extends AutoCloseable {
    /// Size of guest memory.
    long RAM_BYTES = 64L << 20;
    /// Where guest memory starts in the guest's eyes.
    long RAM_GPA = 1L << 30;
    /// `VIRTIO_BLK_F_FLUSH`.
    long FLUSH = 1L << 9;

    /// Guest memory.
    MemorySegment ram();

    /// Signalled by the driver when it has made requests available.
    HostEvent kick();

    /// Signalled by the device when it has completed requests.
    HostEvent call();

    /// Makes pollers.
    HostEvents events();

    /// Processor time that the device has used, its I/O threads included, the driver's thread not.
    /// @return nanoseconds
    /// @throws IOException when `/proc` can't be read
    long processorNanos() throws IOException;

    @Override
    void close();
}
