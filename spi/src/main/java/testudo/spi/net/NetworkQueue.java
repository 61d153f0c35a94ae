package testudo.spi.net;

import java.lang.foreign.MemorySegment;
import testudo.spi.host.Pollable;

/// One direction pair of a [NetworkLink]. [#receive] is called by one thread, [#send] by one, which may be another. Neither blocks nor allocates.
public interface NetworkQueue {
    /// Readable while [#receive] has a frame. Level-triggered.
    /// @return what to watch
    Pollable readiness();

    /// Takes a frame for the guest.
    /// @param to native memory, at least [NetworkLink#MAX_FRAME_BYTES]; receives header and frame
    /// @return bytes, header included; 0 when there is none; a negative errno when the link is broken
    int receive(MemorySegment to);

    /// Sends a frame of the guest. A frame that can't be taken now is dropped, as on a wire.
    /// @param frame native memory that starts with the header
    /// @param lengthBytes header and frame, [NetworkLink#HEADER_BYTES] or more
    /// @return false when it was dropped
    boolean send(MemorySegment frame, int lengthBytes);
}
