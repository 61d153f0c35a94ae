package testudo.core.machine;

import java.util.Optional;
import testudo.spi.Availability;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostMemory;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.host.Vhost;

/// A host of which something is seen otherwise: a subclass says what.
abstract class ForwardedHost implements HostPlatform {
    /// The real one.
    final HostPlatform host;

    /// @param host the real one
    ForwardedHost(HostPlatform host) {
        this.host = host;
    }

    @Override
    public String id() {
        return host.id();
    }

    @Override
    public Availability probe() {
        return host.probe();
    }

    @Override
    public HostMemory memory() {
        return host.memory();
    }

    @Override
    public HostFiles files() {
        return host.files();
    }

    @Override
    public HostEvents events() {
        return host.events();
    }

    @Override
    public HostSockets sockets() {
        return host.sockets();
    }

    @Override
    public HostTerminals terminals() {
        return host.terminals();
    }

    @Override
    public Optional<HandlePassing> handlePassing() {
        return host.handlePassing();
    }

    @Override
    public Optional<Vhost> vhost() {
        return host.vhost();
    }

    @Override
    public EntropySource entropy() {
        return host.entropy();
    }
}
