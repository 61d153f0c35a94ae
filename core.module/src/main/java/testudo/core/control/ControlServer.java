package testudo.core.control;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// Listens on a machine's control socket, on the thread of one loop.
public final class ControlServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final int MAX_MESSAGE_BYTES = 64 * 1024;
    private static final int MAX_CLIENTS = 64;

    private final EventLoop loop;
    private final BiFunction<String, Object, CompletionStage<Object>> handler;
    private final LocalListener listener;
    private final EventLoop.Watch watch;
    private final Set<Client> clients = new HashSet<>();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(MAX_MESSAGE_BYTES);

    /// Starts listening.
    /// @param path the socket, or a directory in which it is called `crosvm-PID.sock`
    /// @param host makes sockets
    /// @param loop serves the clients; [#close()] is called on its thread
    /// @param handler answers a request: tag and body
    /// @throws VmmException.Host when the socket can't be made
    public ControlServer(
            Path path, HostPlatform host, EventLoop loop, BiFunction<String, Object, CompletionStage<Object>> handler) {
        this.loop = loop;
        this.handler = handler;
        listener = host.sockets().listen(socketPath(path), Kind.SEQPACKET);
        watch = loop.watch(listener, Poller.READABLE, ready -> accept());
    }

    private static Path socketPath(Path path) {
        return Files.isDirectory(path)
                ? path.resolve("crosvm-%d.sock".formatted(ProcessHandle.current().pid()))
                : path;
    }

    private void accept() {
        Optional<LocalSocket> socket = listener.accept();
        if (socket.isEmpty()) {
            return;
        }
        if (clients.size() >= MAX_CLIENTS) {
            LOG.warn("control socket: refused a client, {} are connected", MAX_CLIENTS);
            socket.get().close();
            return;
        }
        clients.add(new Client(socket.get()));
    }

    @Override
    public void close() {
        watch.cancel();
        Set.copyOf(clients).forEach(Client::close);
        listener.close();
        arena.close();
    }

    private final class Client {
        private final LocalSocket socket;
        private final EventLoop.Watch watch;
        private boolean closed;

        private Client(LocalSocket socket) {
            this.socket = socket;
            watch = loop.watch(socket, Poller.READABLE, ready -> receive());
        }

        private void receive() {
            long received = socket.receive(buffer, 0, MAX_MESSAGE_BYTES);
            if (received == LocalSocket.AGAIN) {
                return;
            }
            if (received <= 0) {
                close();
                return;
            }
            byte[] message = new byte[(int) received];
            MemorySegment.copy(buffer, 0, MemorySegment.ofArray(message), 0, received);
            // One request at a time: the next is read after the answer to this one.
            watch.interest(0);
            answer(new String(message, StandardCharsets.UTF_8))
                    .whenComplete((response, failure) -> loop.execute(() -> reply(response, failure)));
        }

        private CompletionStage<Object> answer(String message) {
            try {
                Object request = JsonText.read(message);
                if (request instanceof String tag) {
                    return handler.apply(tag, Map.of());
                }
                if (request instanceof Map<?, ?> map && map.size() == 1) {
                    var entry = map.entrySet().iterator().next();
                    return handler.apply(String.valueOf(entry.getKey()), entry.getValue());
                }
                return error("a request is a name, or an object with one name");
            } catch (VmmException e) {
                return error(String.valueOf(e.getMessage()));
            }
        }

        private void reply(Object response, Throwable failure) {
            if (closed) {
                return;
            }
            Object value = failure == null ? response : Map.of("ErrString", String.valueOf(failure.getMessage()));
            byte[] text = JsonText.write(value).getBytes(StandardCharsets.UTF_8);
            int length = Math.min(text.length, MAX_MESSAGE_BYTES);
            MemorySegment.copy(MemorySegment.ofArray(text), 0, buffer, 0, length);
            long sent = socket.send(buffer, 0, length);
            if (sent < 0) { // a client that does not read its answers is not waited for
                close();
                return;
            }
            watch.interest(Poller.READABLE);
        }

        private void close() {
            if (!closed) {
                closed = true;
                watch.cancel();
                socket.close();
                clients.remove(this);
            }
        }
    }

    private static CompletionStage<Object> error(String text) {
        return CompletableFuture.completedFuture(Map.of("ErrString", text));
    }
}
