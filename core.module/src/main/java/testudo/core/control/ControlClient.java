package testudo.core.control;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// Sends one request to a running machine.
public final class ControlClient {
    private static final int MAX_MESSAGE_BYTES = 1 << 20;

    private ControlClient() {}

    /// Sends a request and waits for its answer, as long as it takes.
    /// @param socket the machine's control socket
    /// @param request a JSON value
    /// @param host makes sockets
    /// @return the answer, a JSON value
    /// @throws VmmException.Config when the request is longer than a machine reads
    /// @throws VmmException.Host when nobody listens there, the machine goes away before it answers, or answers nonsense
    public static Object send(Path socket, Object request, HostPlatform host) {
        byte[] text = JsonText.write(request).getBytes(StandardCharsets.UTF_8);
        if (text.length > ControlServer.MAX_MESSAGE_BYTES) {
            throw new VmmException.Config(
                    "a request of %d bytes is longer than the %d that a machine reads".formatted(text.length,
                            ControlServer.MAX_MESSAGE_BYTES));
        }
        try (LocalSocket connection = host.sockets().connect(socket, Kind.SEQPACKET);
                Poller poller = host.events().newPoller();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(MAX_MESSAGE_BYTES);
            MemorySegment.copy(MemorySegment.ofArray(text), 0, buffer, 0, text.length);
            check(connection.send(buffer, 0, text.length), socket);
            poller.add(connection, 1, Poller.READABLE);
            long received = LocalSocket.AGAIN;
            while (received == LocalSocket.AGAIN) {
                poller.await(-1);
                received = connection.receive(buffer, 0, MAX_MESSAGE_BYTES);
            }
            poller.remove(connection);
            check(received, socket);
            byte[] answer = new byte[(int) received];
            MemorySegment.copy(buffer, 0, MemorySegment.ofArray(answer), 0, received);
            return JsonText.read(new String(answer, StandardCharsets.UTF_8));
        } catch (VmmException.Config nonsense) {
            throw new VmmException.Host(
                    VmmException.Kind.IO,
                    "who answers at %s is no machine of ours: %s".formatted(socket, nonsense.getMessage()), nonsense);
        }
    }

    private static void check(long result, Path socket) {
        if (result <= 0) {
            throw new VmmException.Host(
                    VmmException.Kind.IO,
                    result == 0
                            ? "the machine at %s closed the connection without an answer".formatted(socket)
                            : "cannot talk to the machine at %s: errno %d".formatted(socket, -result));
        }
    }
}
