package testudo.plugin.serial.backends;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Pollable;

/// A local socket whose peer may come later: every write tries to connect until one succeeds.
final class ConnectingSocket implements ByteStream {
    private static final int EACCES = -13;

    private final Path path;
    private final HostSockets.Kind kind;
    private final HostPlatform host;
    private @Nullable LocalSocket socket;

    ConnectingSocket(Path path, HostSockets.Kind kind, HostPlatform host) {
        this.path = path;
        this.kind = kind;
        this.host = host;
    }

    /// Connects now.
    /// @throws VmmException.Host when nobody listens
    void connect() {
        socket = host.sockets().connect(path, kind);
    }

    @Override
    public long write(MemorySegment from, long offset, long lengthBytes) {
        if (socket == null) {
            try {
                connect();
            } catch (VmmException.Host refused) {
                return refused.kind() == VmmException.Kind.DENIED ? EACCES : AGAIN;
            }
        }
        return socket == null ? AGAIN : socket.send(from, offset, lengthBytes);
    }

    @Override
    public long read(MemorySegment to, long offset, long lengthBytes) {
        return socket == null ? AGAIN : socket.receive(to, offset, lengthBytes);
    }

    @Override
    public Optional<Pollable> pollable() {
        return Optional.ofNullable(socket);
    }

    @Override
    public void close() {
        if (socket != null) {
            socket.close();
        }
    }
}
