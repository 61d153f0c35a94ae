package testudo.spi.host;

import java.util.Optional;
import testudo.spi.Availability;

/// The services of one host operating system. Found by [java.util.ServiceLoader]; the first that is ready is used.
///
/// The groups below are stateless facades; what they create is closed by whoever created it.
public interface HostPlatform {
    /// The identity, such as `linux`.
    /// @return a short lower-case name
    String id();

    /// Whether this process runs on that platform. No side effects, no exception.
    /// @return ready or what is missing
    Availability probe();

    /// Shared memory and anonymous memory.
    /// @return the facade
    HostMemory memory();

    /// Files and block devices.
    /// @return the facade
    HostFiles files();

    /// Events, timers and pollers.
    /// @return the facade
    HostEvents events();

    /// Local (Unix domain) sockets.
    /// @return the facade
    HostSockets sockets();

    /// Terminals, standard streams, pseudo terminals and signals of the process.
    /// @return the facade
    HostTerminals terminals();

    /// Passing handles to other processes.
    /// @return the facade, or nothing on a platform that can't do that over local sockets
    default Optional<HandlePassing> handlePassing() {
        return Optional.empty();
    }

    /// Virtio back-ends in the kernel.
    /// @return the facade, or nothing on a platform without them
    default Optional<Vhost> vhost() {
        return Optional.empty();
    }

    /// The operating system's cryptographic randomness.
    /// @return the source
    EntropySource entropy();
}
