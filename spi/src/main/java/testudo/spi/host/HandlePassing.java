package testudo.spi.host;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// Passing open handles between processes over local sockets: SCM_RIGHTS on Linux. A facility that a platform may lack.
///
/// What a peer passes is not to be trusted: it arrives as an opaque [HostHandle], and is what it should be only after one of the
/// adopting methods has agreed. Any thread.
public interface HandlePassing {
    /// How many handles one message carries at most.
    int MAX_HANDLES = 16;

    /// Makes two sockets that are connected to each other.
    /// @param kind what kind
    /// @return two non-blocking sockets; the caller closes both
    /// @throws testudo.spi.VmmException.Host when the host refuses
    List<LocalSocket> pair(HostSockets.Kind kind);

    /// Sends bytes with handles. The peer gets duplicates.
    /// @param socket a connection of this platform
    /// @param from where from
    /// @param offset in `from`
    /// @param lengthBytes how much, 1 or more
    /// @param handles of this platform, at most [#MAX_HANDLES]; stay the caller's
    /// @return bytes sent, of which the first carried the handles; [LocalSocket#AGAIN] or another negative errno
    long send(LocalSocket socket, MemorySegment from, long offset, long lengthBytes, List<? extends HostHandle> handles);

    /// Receives bytes, and the handles that came with them.
    /// @param socket a connection of this platform
    /// @param to where to
    /// @param offset in `to`
    /// @param lengthBytes how much at most, 1 or more
    /// @param handles what came is added here, at most [#MAX_HANDLES] a call; the caller closes them
    /// @return bytes received, 0 when the peer has closed, [LocalSocket#AGAIN] or another negative errno: `-90` (`EMSGSIZE`) when more
    ///         handles came than fit, of which none is kept
    long receive(LocalSocket socket, MemorySegment to, long offset, long lengthBytes, List<HostHandle> handles);

    /// Takes a received handle as an event.
    /// @param handle closed with the event, or by this when it fails
    /// @return the event; signalling and consuming never block
    /// @throws testudo.spi.VmmException.Host when it is none
    HostEvent event(HostHandle handle);

    /// Takes a received handle as a connected stream socket.
    /// @param handle closed with the socket, or by this when it fails
    /// @return the non-blocking socket
    /// @throws testudo.spi.VmmException.Host when it is none
    LocalSocket socket(HostHandle handle);

    /// Takes a received handle as shared memory and maps a part of it.
    /// @param handle closed with the memory, or by this when it fails
    /// @param offset page-aligned byte offset
    /// @param sizeBytes length, 1 or more
    /// @return the mapped part
    /// @throws testudo.spi.VmmException.Host when the range is not inside what the handle holds, or can't be mapped
    SharedMemory map(HostHandle handle, long offset, long sizeBytes);
}
