package testudo.core.machine;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.host.IoRing;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;

/// The host as a device process sees it: files that it was granted are those that it was started with, whatever their paths lead to here.
final class GrantedHost extends ForwardedHost {
    private final Map<Path, Path> granted;
    private final Optional<Map.Entry<String, Path>> pseudoTerminal;

    /// @param host the platform
    /// @param granted where the files of paths are
    /// @param pseudoTerminal the one that it may have: its path, and where its host's side is
    GrantedHost(HostPlatform host, Map<Path, Path> granted, Optional<Map.Entry<String, Path>> pseudoTerminal) {
        super(host);
        this.granted = Map.copyOf(granted);
        this.pseudoTerminal = pseudoTerminal;
    }

    @Override
    public HostFiles files() {
        return new HostFiles() {
            @Override
            public HostFile open(Path path, Set<Mode> modes) {
                return host.files().open(granted.getOrDefault(path, path.toAbsolutePath()), modes);
            }

            @Override
            public IoRing newRing(int depth, RingKind kind) {
                return host.files().newRing(depth, kind);
            }

            @Override
            public void reserveRings(int count, int depth) {
                host.files().reserveRings(count, depth);
            }
        };
    }

    @Override
    public HostSockets sockets() {
        return new HostSockets() {
            @Override
            public LocalListener listen(Path path, Kind kind) {
                return host.sockets().listen(path.toAbsolutePath(), kind);
            }

            @Override
            public LocalSocket connect(Path path, Kind kind) {
                return host.sockets().connect(path.toAbsolutePath(), kind);
            }

            @Override
            public Optional<LocalSocket> tryConnect(Path path, Kind kind) {
                return host.sockets().tryConnect(path.toAbsolutePath(), kind);
            }
        };
    }

    @Override
    public HostTerminals terminals() {
        return new GrantedTerminals(host, pseudoTerminal);
    }
}
