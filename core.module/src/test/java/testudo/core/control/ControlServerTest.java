package testudo.core.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.core.loop.LoopThread;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// The control socket with clients that do everything wrong.
@Timeout(60)
class ControlServerTest {
    private static final HostPlatform HOST = ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow();
    private static final int CLOSED = 0;
    private static final int EPIPE = -32;
    private static final int ECONNRESET = -104;

    @TempDir Path directory;

    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final CompletableFuture<Object> late = new CompletableFuture<>();
    private final LoopThread loop = new LoopThread("control", HOST, failures::add);
    private Path path;
    private ControlServer server;

    @BeforeEach
    void listen() {
        path = directory.resolve("socket");
        server = new ControlServer(path, HOST, loop, this::handle);
        loop.start();
    }

    @AfterEach
    void close() {
        server.close();
        loop.close();
        assertEquals(List.of(), List.copyOf(failures));
        assertFalse(Files.exists(path));
    }

    private CompletionStage<Object> handle(String tag, Object body) {
        return switch (tag) {
            case "Late" -> late;
            case "Throw" -> throw new IllegalStateException("secret");
            case "Refuse" -> CompletableFuture.failedFuture(new VmmException.Config("no such disk"));
            case "Strange" -> CompletableFuture.completedFuture(new Object());
            case "Nothing" -> CompletableFuture.completedFuture(null);
            case "Long" -> CompletableFuture.completedFuture("x".repeat(ControlServer.MAX_MESSAGE_BYTES));
            case "Large" -> CompletableFuture.completedFuture("x".repeat(ControlServer.MAX_MESSAGE_BYTES - 2));
            default -> CompletableFuture.completedFuture(Map.of("tag", tag, "body", body));
        };
    }

    /// A client that sends and receives bytes.
    private static final class RawClient implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment buffer = arena.allocate(1 << 20);
        private final LocalSocket socket;

        private RawClient(Path path) {
            socket = HOST.sockets().connect(path, Kind.SEQPACKET);
        }

        private long send(byte[] bytes) {
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, buffer, 0, bytes.length);
            return socket.send(buffer, 0, bytes.length);
        }

        private long receive() {
            long received = socket.receive(buffer, 0, buffer.byteSize());
            try (Poller poller = HOST.events().newPoller()) {
                poller.add(socket, 1, Poller.READABLE);
                while (received == LocalSocket.AGAIN) {
                    assertTrue(poller.await(TimeUnit.SECONDS.toNanos(20)) > 0, "no answer");
                    received = socket.receive(buffer, 0, buffer.byteSize());
                }
                poller.remove(socket);
            }
            return received;
        }

        private Object answer() {
            long received = receive();
            assertTrue(received > 0, "closed without an answer");
            byte[] bytes = new byte[(int) received];
            MemorySegment.copy(buffer, 0, MemorySegment.ofArray(bytes), 0, received);
            return JsonText.read(new String(bytes, StandardCharsets.UTF_8));
        }

        private Object ask(String text) {
            send(text.getBytes(StandardCharsets.UTF_8));
            return answer();
        }

        @Override
        public void close() {
            socket.close();
            arena.close();
        }
    }

    private static String error(Object answer) {
        assertTrue(answer instanceof Map<?, ?> map && map.size() == 1 && map.get("ErrString") instanceof String, () -> "" + answer);
        return (String) ((Map<?, ?>) answer).get("ErrString");
    }

    @Test
    void requestsAreNamesOrObjects() {
        try (RawClient client = new RawClient(path)) {
            assertEquals(Map.of("tag", "Stop", "body", Map.of()), client.ask("\"Stop\""));
            assertEquals(Map.of("tag", "Disk", "body", Map.of("index", 3L)), client.ask("{\"Disk\":{\"index\":3}}"));
        }
    }

    static Stream<byte[]> nonsense() {
        return Stream.of(
                "{",
                "[]",
                "1",
                "null",
                "true",
                "{}",
                "{\"a\":1,\"b\":2}",
                "{\"a\":1,\"a\":1}",
                "\"a\" \"b\"",
                "[".repeat(60_000),
                "{\"a\":".repeat(12_000),
                "\"" + "x".repeat(ControlServer.MAX_MESSAGE_BYTES),
                "\"" + "x".repeat(200_000) + "\"",
                "9".repeat(60_000),
                "{\"a\":" + "9".repeat(60_000) + "}",
                "{\"a\":1e999999999}",
                "\u0000",
                "{\"" + "k".repeat(60_000) + "\":1}").map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void nonsenseIsAnsweredWithAnErrorAndForgotten(byte[] message) {
        try (RawClient client = new RawClient(path)) {
            assertEquals(message.length, client.send(message));
            String text = error(client.answer());
            assertTrue(text.length() <= 1024, () -> "an error of " + text.length() + " characters");
            assertEquals(Map.of("tag", "Stop", "body", Map.of()), client.ask("\"Stop\""));
        }
    }

    @Test
    void invalidUtf8IsNoReasonToStop() {
        try (RawClient client = new RawClient(path)) {
            client.send(new byte[]{'"', (byte) 0xC3, '(', '"'});
            client.answer();
            client.send(new byte[]{(byte) 0xFF, (byte) 0xFE, 0});
            error(client.answer());
        }
    }

    @Test
    void whatTheHandlerDoesWrongIsAnError() {
        try (RawClient client = new RawClient(path)) {
            assertFalse(error(client.ask("\"Throw\"")).contains("secret"), "internals are for the log");
            assertEquals("no such disk", error(client.ask("\"Refuse\"")));
            error(client.ask("\"Strange\""));
            error(client.ask("\"Nothing\""));
            error(client.ask("\"Long\""));
            assertEquals(ControlServer.MAX_MESSAGE_BYTES - 2, ((String) client.ask("\"Large\"")).length());
        }
    }

    @Test
    void anAnswerMayComeLateAndHoldsUpOnlyItsClient() {
        try (RawClient slow = new RawClient(path); RawClient quick = new RawClient(path)) {
            slow.send("\"Late\"".getBytes(StandardCharsets.UTF_8));
            slow.send("\"Second\"".getBytes(StandardCharsets.UTF_8));
            assertEquals(Map.of("tag", "Quick", "body", Map.of()), quick.ask("\"Quick\""));
            late.complete("first");
            assertEquals("first", slow.answer());
            assertEquals(Map.of("tag", "Second", "body", Map.of()), slow.answer());
        }
    }

    @Test
    void aClientMayGoBeforeItsAnswer() {
        RawClient gone = new RawClient(path);
        gone.send("\"Late\"".getBytes(StandardCharsets.UTF_8));
        gone.close();
        try (RawClient client = new RawClient(path)) {
            client.ask("\"Other\"");
            late.complete("too late");
            client.ask("\"Other\"");
        }
    }

    @Test
    void clientsBeyondTheLimitAreRefusedUntilThereIsRoom() {
        List<RawClient> clients = new ArrayList<>();
        try {
            int served = 0;
            for (int i = 0; i < 100; i++) {
                RawClient client = new RawClient(path);
                clients.add(client);
                client.send("\"Stop\"".getBytes(StandardCharsets.UTF_8));
                long received = client.receive();
                assertTrue(received > 0 || received == CLOSED || received == ECONNRESET, "" + received);
                served += received > 0 ? 1 : 0;
            }
            assertEquals(ControlServer.MAX_CLIENTS, served);
            clients.forEach(RawClient::close);
            clients.clear();
            // The server learns of the closed connections in its own time.
            boolean again = false;
            while (!again) {
                try (RawClient client = new RawClient(path)) {
                    client.send("\"Stop\"".getBytes(StandardCharsets.UTF_8));
                    again = client.receive() > 0;
                }
            }
        } finally {
            clients.forEach(RawClient::close);
        }
    }

    @Test
    void aClientThatNeverReadsIsDropped() {
        try (RawClient deaf = new RawClient(path); RawClient other = new RawClient(path)) {
            byte[] request = "\"Large\"".getBytes(StandardCharsets.UTF_8);
            long sent = 0;
            for (int i = 0; i < 10_000 && sent != EPIPE && sent != ECONNRESET; i++) {
                sent = deaf.send(request);
                other.ask("\"Stop\"");
            }
            assertTrue(sent == EPIPE || sent == ECONNRESET, "still connected: " + sent);
        }
    }

    @Test
    void closingWhileClientsTalk() throws Exception {
        for (int round = 0; round < 30; round++) {
            Path socket = directory.resolve("round" + round);
            ControlServer short_ = new ControlServer(socket, HOST, loop, this::handle);
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                RawClient client = new RawClient(socket);
                threads.add(Thread.ofPlatform().start(() -> {
                    try (LocalSocket connection = client.socket; Arena arena = Arena.ofConfined()) {
                        MemorySegment text = arena.allocateFrom("\"Stop\"");
                        MemorySegment answer = arena.allocate(1024);
                        long result = 1;
                        while (result > 0 || result == LocalSocket.AGAIN) {
                            connection.receive(answer, 0, 1024);
                            result = connection.send(text, 0, 6);
                        }
                    }
                }));
                client.send("\"Stop\"".getBytes(StandardCharsets.UTF_8));
                client.arena.close();
            }
            short_.close();
            short_.close();
            for (Thread thread : threads) {
                thread.join();
            }
            assertFalse(Files.exists(socket));
        }
    }

    @Test
    void aPathThatExistsIsLeftAlone() throws IOException {
        Path taken = Files.writeString(directory.resolve("taken"), "precious");
        VmmException.Host failure = assertThrows(VmmException.Host.class, () -> new ControlServer(taken, HOST, loop, this::handle));
        assertTrue(failure.getMessage().contains(taken.toString()), failure.getMessage());
        assertEquals("precious", Files.readString(taken));
        assertThrows(VmmException.Host.class, () -> new ControlServer(path, HOST, loop, this::handle));
        try (RawClient client = new RawClient(path)) {
            client.ask("\"Stop\""); // the first server still has its socket
        }
    }

    @Test
    void inADirectoryTheSocketIsNamedForTheProcess() {
        Path expected = directory.resolve("crosvm-%d.sock".formatted(ProcessHandle.current().pid()));
        ControlServer inDirectory = new ControlServer(directory, HOST, loop, this::handle);
        assertEquals(Map.of("tag", "Stop", "body", Map.of()), ControlClient.send(expected, "Stop", HOST));
        inDirectory.close();
        assertFalse(Files.exists(expected));
    }

    @Test
    void theClientSaysWhyItGotNoAnswer() {
        Path nowhere = directory.resolve("nowhere");
        assertThrows(VmmException.Host.class, () -> ControlClient.send(nowhere, "Stop", HOST));
        assertThrows(
                VmmException.Config.class,
                () -> ControlClient.send(path, "x".repeat(ControlServer.MAX_MESSAGE_BYTES), HOST));
        assertEquals(Map.of("tag", "Stop", "body", Map.of()), ControlClient.send(path, "Stop", HOST));
    }

    @Test
    void theClientIsNotFooledByAStranger() throws Exception {
        for (String reply : List.of("", "{nonsense")) {
            Path strange = directory.resolve("strange");
            try (LocalListener listener = HOST.sockets().listen(strange, Kind.SEQPACKET)) {
                Thread stranger = Thread.ofPlatform().start(() -> answerOnce(listener, reply));
                VmmException.Host failure = assertThrows(VmmException.Host.class, () -> ControlClient.send(strange, "Stop", HOST));
                assertTrue(failure.getMessage().contains(strange.toString()), failure.getMessage());
                stranger.join();
            }
        }
    }

    /// Takes one client, reads its request, sends a reply if there is one, and closes the connection.
    private static void answerOnce(LocalListener listener, String reply) {
        try (Poller poller = HOST.events().newPoller(); Arena arena = Arena.ofConfined()) {
            poller.add(listener, 1, Poller.READABLE);
            poller.await(TimeUnit.SECONDS.toNanos(20));
            try (LocalSocket socket = listener.accept().orElseThrow()) {
                poller.add(socket, 2, Poller.READABLE);
                MemorySegment buffer = arena.allocate(1024);
                while (socket.receive(buffer, 0, 1024) == LocalSocket.AGAIN) {
                    poller.await(TimeUnit.SECONDS.toNanos(20));
                }
                if (!reply.isEmpty()) {
                    socket.send(arena.allocateFrom(reply), 0, reply.length());
                }
                poller.remove(socket);
            }
        }
    }
}
