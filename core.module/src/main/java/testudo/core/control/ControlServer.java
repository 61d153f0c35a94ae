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
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
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

/// Listens on a machine's control socket. Everything but making and closing it happens on the thread of one loop.
public final class ControlServer implements AutoCloseable {
    /// The longest request or response.
    public static final int MAX_MESSAGE_BYTES = 64 * 1024;
    /// The most clients at a time; another one is refused by closing its connection.
    public static final int MAX_CLIENTS = 64;

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final long CLOSE_SECONDS = 10;

    private final EventLoop loop;
    private final BiFunction<String, Object, CompletionStage<Object>> handler;
    private final LocalListener listener;
    private final EventLoop.Watch watch;
    private final Set<Client> clients = new HashSet<>();
    private final Arena arena = Arena.ofShared();
    /// One byte more than a request may have, to see that one is too long.
    private final MemorySegment buffer = arena.allocate(MAX_MESSAGE_BYTES + 1L);
    private boolean refusing;
    private boolean released;

    /// Starts listening.
    /// @param path the socket, or a directory in which it is called `crosvm-PID.sock`
    /// @param host makes sockets
    /// @param loop serves the clients; it runs until [#close()] has returned
    /// @param handler answers a request: tag and body
    /// @throws VmmException.Host when the socket can't be made, for example because the path exists
    @SuppressWarnings("MustBeClosedChecker") // the arena lives as long as the server, which closes it
    public ControlServer(
            Path path, HostPlatform host, EventLoop loop, BiFunction<String, Object, CompletionStage<Object>> handler) {
        this.loop = loop;
        this.handler = handler;
        LocalListener listening = null;
        try {
            listening = host.sockets().listen(socketPath(path), Kind.SEQPACKET);
            listener = listening;
            watch = loop.watch(listening, Poller.READABLE, ready -> accept());
        } catch (RuntimeException | Error e) {
            if (listening != null) {
                listening.close();
            }
            arena.close();
            throw e;
        }
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
            if (!refusing) {
                refusing = true; // said again when there was room in between
                LOG.warn("control socket: refusing clients, {} are connected", MAX_CLIENTS);
            }
            socket.get().close();
            return;
        }
        clients.add(new Client(socket.get()));
    }

    /// Closes all connections and removes the socket. Any thread; idempotent.
    @Override
    public void close() {
        if (loop.isCurrent()) {
            release();
            return;
        }
        CountDownLatch done = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                release();
            } finally {
                done.countDown();
            }
        });
        try {
            if (!done.await(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the control socket's loop does not answer");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the task runs all the same, at the latest when the loop is closed
        }
    }

    private void release() {
        if (released) {
            return;
        }
        released = true;
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
            long received = socket.receive(buffer, 0, buffer.byteSize());
            if (received == LocalSocket.AGAIN) {
                return;
            }
            if (received <= 0) {
                close();
                return;
            }
            // One request at a time: the next is read after the answer to this one.
            watch.interest(0);
            answer((int) received).whenComplete((response, failure) -> {
                if (loop.isCurrent()) {
                    // At once: what was asked for may be the end of the machine, and so of this server.
                    reply(response, failure);
                } else {
                    loop.execute(() -> reply(response, failure));
                }
            });
        }

        private CompletionStage<Object> answer(int received) {
            if (received > MAX_MESSAGE_BYTES) {
                return error("a request has more than %d bytes".formatted(MAX_MESSAGE_BYTES));
            }
            byte[] message = new byte[received];
            MemorySegment.copy(buffer, 0, MemorySegment.ofArray(message), 0, received);
            try {
                Object request = JsonText.read(new String(message, StandardCharsets.UTF_8));
                if (request instanceof String tag) {
                    return handler.apply(tag, Map.of());
                }
                if (request instanceof Map<?, ?> map && map.size() == 1) {
                    var entry = map.entrySet().iterator().next();
                    return handler.apply(String.valueOf(entry.getKey()), entry.getValue());
                }
                return error("a request is a name, or an object with one name");
            } catch (RuntimeException e) { // a request must not end the machine, whatever it does to the one who answers
                return CompletableFuture.failedFuture(e);
            }
        }

        private void reply(@Nullable Object response, @Nullable Throwable failure) {
            if (closed) {
                return;
            }
            byte[] text = text(response, failure);
            MemorySegment.copy(MemorySegment.ofArray(text), 0, buffer, 0, text.length);
            long sent = socket.send(buffer, 0, text.length);
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
                refusing = false;
            }
        }
    }

    private static byte[] text(@Nullable Object response, @Nullable Throwable failure) {
        if (failure != null || response == null) {
            return json(errorValue(reason(failure)));
        }
        try {
            byte[] text = json(response);
            return text.length <= MAX_MESSAGE_BYTES
                    ? text
                    : json(errorValue("the response has more than %d bytes".formatted(MAX_MESSAGE_BYTES)));
        } catch (IllegalArgumentException e) { // a device's answer that is no JSON value
            LOG.error("control socket: a response can't be written", e);
            return json(errorValue("the response can't be written"));
        }
    }

    private static byte[] json(Object value) {
        return JsonText.write(value).getBytes(StandardCharsets.UTF_8);
    }

    private static String reason(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof VmmException known) {
            return String.valueOf(known.getMessage());
        }
        LOG.error("control socket: a request failed by an internal error", cause);
        return "internal error, see the machine's log";
    }

    private static CompletionStage<Object> error(String text) {
        return CompletableFuture.completedFuture(errorValue(text));
    }

    private static Map<String, Object> errorValue(String text) {
        int limit = 1024; // a request's own text may be in it
        return Map.of("ErrString", text.length() <= limit ? text : text.substring(0, limit));
    }
}
