package testudo.plugin.virtio.vsock;

import java.nio.file.Path;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// Where programs of the host connect: a stream socket at the device's path, a message socket beside it.
final class Clients implements AutoCloseable {
    /// What is added to the path of the stream socket.
    static final String MESSAGE_SUFFIX = ".seqpacket";

    private final LocalListener streams;
    private final LocalListener messages;
    private final EventLoop.Watch streamWatch;
    private final EventLoop.Watch messageWatch;
    private final Acceptance acceptance;
    private final Runnable exhausted;
    private boolean welcome;

    /// Listens; nobody is accepted before [#welcome].
    /// @param exhausted told that clients wait for descriptors; they are to be welcomed again later
    Clients(Path path, HostSockets sockets, EventLoop loop, Acceptance acceptance, Runnable exhausted) {
        this.acceptance = acceptance;
        this.exhausted = exhausted;
        streams = listen(sockets, path, Kind.STREAM);
        LocalListener second;
        try {
            second = listen(sockets, Path.of(path + MESSAGE_SUFFIX), Kind.SEQPACKET);
        } catch (VmmException failure) {
            streams.close();
            throw failure;
        }
        messages = second;
        streamWatch = loop.watch(streams, 0, ready -> accept(streams, Kind.STREAM));
        messageWatch = loop.watch(messages, 0, ready -> accept(messages, Kind.SEQPACKET));
    }

    private static LocalListener listen(HostSockets sockets, Path path, Kind kind) {
        try {
            return sockets.listen(path, kind);
        } catch (VmmException.Host failure) {
            throw new VmmException.Host(
                    failure.kind(),
                    "%s [vsock]; each machine needs a socket path of its own, and one that an earlier machine left behind must be removed"
                            .formatted(failure.getMessage()),
                    failure);
        }
    }

    /// Accepts clients or lets them wait.
    void welcome(boolean now) {
        if (now != welcome) {
            welcome = now;
            int interest = now ? Poller.READABLE : 0;
            streamWatch.interest(interest);
            messageWatch.interest(interest);
        }
    }

    private void accept(LocalListener from, Kind kind) {
        boolean more = welcome;
        while (more) {
            Optional<LocalSocket> socket;
            try {
                socket = from.accept();
            } catch (VmmException.Host _) {
                welcome(false);
                exhausted.run();
                return;
            }
            more = socket.isPresent() && acceptance.accepted(socket.get(), kind);
        }
    }

    @Override
    public void close() {
        streamWatch.cancel();
        messageWatch.cancel();
        streams.close();
        messages.close();
    }

    /// Told of a client.
    @FunctionalInterface
    interface Acceptance {
        /// A client has come.
        /// @param socket its connection; to be closed by the one who is told
        /// @param kind stream or message
        /// @return whether more are welcome
        boolean accepted(LocalSocket socket, Kind kind);
    }
}
