package testudo.spi.host;

import java.lang.foreign.MemorySegment;
import java.util.List;
import testudo.spi.memory.GuestRegion;

/// A kernel's back-end for virtqueues, which it serves without this process: kicks come in and interrupts go out by events.
///
/// Used by one thread at a time. Order: [#features(long)], [#memory], for each ring [#ring], [#kick], [#call], [#error]; then whatever starts
/// devices of that type. Everything throws [testudo.spi.VmmException.Host] when the kernel refuses. Closing stops it.
public interface VhostDevice extends HostHandle {
    /// The feature bits that the kernel can do, of device type and rings.
    /// @return a mask
    long features();

    /// Says what was negotiated.
    /// @param negotiated a mask; what is outside [#features()] is left out
    void features(long negotiated);

    /// Says where guest memory is. The mappings must last until the rings are stopped.
    /// @param regions as the machine has them; those that the host may not touch are left out
    void memory(List<GuestRegion> regions);

    /// Says where a ring is.
    /// @param ring its index in this back-end
    /// @param place where, and where it goes on
    void ring(int ring, RingPlace place);

    /// Gives a ring the event that the driver kicks it with.
    /// @param ring its index in this back-end
    /// @param event stays the caller's
    void kick(int ring, HostEvent event);

    /// Gives a ring the event that interrupts the driver. Also while it is served.
    /// @param ring its index in this back-end
    /// @param event stays the caller's
    void call(int ring, HostEvent event);

    /// Gives a ring the event that tells of a driver's fault.
    /// @param ring its index in this back-end
    /// @param event stays the caller's
    void error(int ring, HostEvent event);

    /// Where a ring goes on; after what was started has been stopped.
    /// @param ring its index in this back-end
    /// @return index in the available ring, 0 to 65535
    int position(int ring);

    /// A request of one device type that hands a number to the kernel, such as vsock's context id.
    /// @param request its number among vhost's requests
    /// @param value the number
    /// @param sizeBytes how the kernel declares it: 4 or 8
    void request(int request, long value, int sizeBytes);

    /// Where a split ring is in this process.
    /// @param size number of descriptors
    /// @param position index in the available ring, 0 to 65535
    /// @param descriptors the descriptor table
    /// @param available the available ring
    /// @param used the used ring
    record RingPlace(int size, int position, MemorySegment descriptors, MemorySegment available, MemorySegment used) {}
}
