package testudo.spi.host;

import java.nio.file.Path;
import java.util.Optional;

/// Local sockets that carry bytes and handles.
public interface HostSockets {
    /// The kinds of local socket.
    enum Kind {
        /// A stream of bytes.
        STREAM,
        /// A connection that keeps message boundaries.
        SEQPACKET,
        /// Messages without a connection.
        DATAGRAM
    }

    /// Binds and listens. `/proc/self/fd/N` takes over a listening socket that the process inherited.
    /// @param path where; must not exist
    /// @param kind what kind, not [Kind#DATAGRAM]
    /// @return the listener; the caller closes it, which removes the path
    /// @throws testudo.spi.VmmException.Host `cannot listen on PATH: ERRNO`
    LocalListener listen(Path path, Kind kind);

    /// Connects. `/proc/self/fd/N` takes over a connected socket that the process inherited.
    /// @param path where to
    /// @param kind what kind
    /// @return a non-blocking connection; the caller closes it
    /// @throws testudo.spi.VmmException.Host `cannot connect to PATH: ERRNO`
    LocalSocket connect(Path path, Kind kind);

    /// Connects to a listener, but does not wait for one whose queue of connections is full.
    /// @param path where to
    /// @param kind what kind, not [Kind#DATAGRAM]
    /// @return a non-blocking connection that the caller closes, or nothing while the listener's queue is full
    /// @throws testudo.spi.VmmException.Host `cannot connect to PATH: ERRNO`
    Optional<LocalSocket> tryConnect(Path path, Kind kind);
}
