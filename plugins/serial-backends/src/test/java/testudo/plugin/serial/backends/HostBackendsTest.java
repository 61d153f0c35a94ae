package testudo.plugin.serial.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.loop.LoopThread;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;

/// Ports on the real host: files, pipes, sockets and pseudo terminals, on an event loop as in a machine.
class HostBackendsTest {
    /// Only for tests that fail.
    private static final long LIMIT_SECONDS = 60;
    private static final int PIPE_BYTES = 64 * 1024;

    @TempDir private Path folder;

    private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
    private final BlockingQueue<MachineServices.MachineEvent> events = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Arena arena = Arena.ofShared();
    private TestHost host;
    private LoopThread loop;
    private Path output;

    private final MachineServices machine = new MachineServices() {
        @Override
        public void event(MachineEvent event, int detail) {
            events.add(event);
        }

        @Override
        public List<String> bootOrder() {
            return List.of();
        }
    };

    @BeforeEach
    void start() {
        output = folder.resolve("stdout");
        use(new TestHost(output, folder.resolve("stdin"), false));
    }

    private void use(TestHost newHost) {
        host = newHost;
        loop = new LoopThread("serial", host, failures::add).start();
        open.add(loop);
    }

    @AfterEach
    void end() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        arena.close();
        assertEquals(List.of(), List.copyOf(failures), "a handler threw");
    }

    private <T> T onLoop(Supplier<T> action) {
        try {
            return CompletableFuture.supplyAsync(action, loop::execute).orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
        } catch (java.util.concurrent.CompletionException thrown) {
            throw thrown.getCause() instanceof RuntimeException cause ? cause : thrown;
        }
    }

    private static SerialOptions options(String text) {
        return new ConfigurationBuilder(List.of(SerialOptions.OPTION)).text(SerialOptions.OPTION, text).build().all(
                SerialOptions.OPTION).getFirst().value();
    }

    private SerialPort port(String text) {
        LoopThread owner = loop;
        SerialPort port = onLoop(() -> new HostBackends().open(options(text), host, owner, machine));
        open.add(() -> CompletableFuture.runAsync(port::close, owner::execute).orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join());
        return port;
    }

    /// Closes the port that was opened last.
    private void closePort() throws Exception {
        open.removeLast().close();
    }

    private void write(SerialPort port, String text) {
        MemorySegment bytes = arena.allocateFrom(text, StandardCharsets.ISO_8859_1);
        onLoop(() -> {
            port.write(bytes, 0, text.length());
            return true;
        });
    }

    /// Reads what comes, as a device does, into [#received]; "end" when the input ends.
    private void listen(SerialPort port) {
        MemorySegment room = arena.allocate(100);
        EventLoop.Watch[] watch = new EventLoop.Watch[1];
        onLoop(() -> watch[0] = loop.watch(port.input().orElseThrow(), Poller.READABLE, ready -> {
            int got = port.read(room, 0, 100);
            if (got > 0) {
                received.add(new String(room.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
            } else if (got < 0) {
                watch[0].cancel();
                received.add("end");
            }
        }));
        open.add(() -> onLoop(() -> {
            watch[0].cancel();
            return true;
        }));
    }

    private String hear(int lengthBytes) throws InterruptedException {
        StringBuilder heard = new StringBuilder();
        while (heard.length() < lengthBytes) {
            String next = received.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            heard.append(next == null ? " and nothing more" : next);
        }
        return heard.toString();
    }

    private Path fifo(String name) throws InterruptedException {
        Path path = folder.resolve(name);
        try {
            assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
        } catch (IOException missing) {
            abort("needs mkfifo: " + missing.getMessage());
        }
        return path;
    }

    private static String text(InputStream from, int lengthBytes) throws IOException {
        return new String(from.readNBytes(lengthBytes), StandardCharsets.ISO_8859_1);
    }

    /// Waits for the bytes of a socket of the host, which does not block.
    private String receive(LocalSocket socket, int lengthBytes) {
        MemorySegment room = arena.allocate(lengthBytes);
        try (Poller poller = host.events().newPoller()) {
            poller.add(socket, 0, Poller.READABLE);
            for (long have = 0; have < lengthBytes;) {
                assertEquals(1, poller.await(TimeUnit.SECONDS.toNanos(LIMIT_SECONDS)), "nothing came");
                long got = socket.receive(room, have, lengthBytes - have);
                assertTrue(got > 0, "the peer has closed");
                have += got;
            }
            poller.remove(socket);
        }
        return new String(room.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
    }

    private LocalSocket accept(LocalListener listener) {
        try (Poller poller = host.events().newPoller()) {
            poller.add(listener, 0, Poller.READABLE);
            assertEquals(1, poller.await(TimeUnit.SECONDS.toNanos(LIMIT_SECONDS)), "nobody connects");
            LocalSocket peer = listener.accept().orElseThrow();
            open.add(peer);
            return peer;
        }
    }

    private LocalListener listener(Path path) {
        LocalListener listener = host.sockets().listen(path, HostSockets.Kind.STREAM);
        open.add(listener);
        return listener;
    }

    @Test
    void stdoutGoesToStandardOutput() throws Exception {
        write(port("stdout"), "hello\n");
        closePort();
        assertEquals("hello\n", Files.readString(output));
    }

    @Test
    void fileIsAppendedTo() throws Exception {
        Path path = folder.resolve("log");
        Files.writeString(path, "before ");
        write(port("file,path=" + path), "and after");
        closePort();
        assertEquals("before and after", Files.readString(path));
    }

    @Test
    void sinkTakesAnything() {
        SerialPort port = port("sink");
        write(port, "x".repeat(1000));
        assertEquals(Optional.empty(), port.input());
        assertEquals(-1, onLoop(() -> port.read(arena.allocate(8), 0, 8)));
    }

    @Test
    void pipeWithoutAReaderDoesNotBlockAndKeepsTheBeginning() throws Exception {
        Path path = fifo("pipe");
        SerialPort port = port("file,path=" + path);
        StringBuilder text = new StringBuilder();
        for (int i = 0; text.length() < 5 * PIPE_BYTES; i++) {
            text.append(i).append(' ');
        }
        write(port, text.toString());
        try (InputStream reader = Files.newInputStream(path)) {
            String kept = text(reader, PIPE_BYTES + BufferedOutput.CAPACITY_BYTES);
            assertEquals(text.substring(0, kept.length()), kept);
            write(port, "and more");
            assertEquals("and more", text(reader, 8), "what did not fit was dropped, what comes later is not");
        }
    }

    @Test
    void streamSocketWaitsForItsPeer() throws Exception {
        Path path = folder.resolve("socket");
        SerialPort port = port("unix-stream,path=" + path);
        write(port, "kept ");
        LocalListener listener = listener(path);
        LocalSocket peer = accept(listener);
        assertEquals("kept ", receive(peer, 5));
        write(port, "and on");
        assertEquals("and on", receive(peer, 6));
        peer.close();
        write(port, "to nobody");
        write(port, "to nobody");
    }

    @Test
    void streamSocketCarriesInputToo() throws Exception {
        Path path = folder.resolve("socket");
        LocalListener listener = listener(path);
        SerialPort port = port("unix-stream,path=" + path + ",input-unix-stream");
        LocalSocket peer = accept(listener);
        listen(port);
        MemorySegment typed = arena.allocateFrom("typed");
        assertEquals(5, peer.send(typed, 0, 5));
        assertEquals("typed", hear(5));
        write(port, "printed");
        assertEquals("printed", receive(peer, 7));
        peer.close();
        assertEquals("end", hear(3));
    }

    @Test
    void streamSocketForInputMustBeThere() {
        assertThrows(VmmException.Host.class, () -> port("unix-stream,input-unix-stream,path=" + folder.resolve("socket")));
    }

    /// A datagram socket whose peer is missing at first, then full, then there.
    @Test
    void datagramsWaitForTheirSocket() throws Exception {
        BlockingQueue<String> sent = new LinkedBlockingQueue<>();
        use(new TestHost(output, folder.resolve("stdin"), false).withSockets(new LateSockets(sent)));
        SerialPort port = port("unix,path=" + folder.resolve("socket"));
        write(port, "one");
        assertEquals("one", sent.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
        write(port, "two");
        assertEquals("two", sent.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
    }

    @Test
    void pseudoTerminalGoesBothWays() throws Exception {
        SerialPort port = port("pty");
        String said = Files.readString(output);
        assertTrue(said.matches("serial 1: /dev/pts/\\d+\n"), said);
        Path user = Path.of(said.substring(said.indexOf('/')).strip());
        listen(port);
        try (OutputStream keyboard = Files.newOutputStream(user); InputStream screen = Files.newInputStream(user)) {
            keyboard.write("ls\r".getBytes(StandardCharsets.ISO_8859_1));
            assertEquals("ls\r", hear(3), "raw: as typed");
            write(port, "a\nb");
            assertEquals("a\nb", text(screen, 3), "raw: as printed");
        }
        // The user may come back.
        try (OutputStream keyboard = Files.newOutputStream(user)) {
            keyboard.write('x');
            assertEquals("x", hear(1));
        }
    }

    @Test
    void inputFileIsReadToItsEnd() throws Exception {
        Path path = folder.resolve("input");
        Files.writeString(path, "a".repeat(250));
        listen(port("sink,input=" + path));
        assertEquals("a".repeat(250) + "end", hear(253));
    }

    @Test
    void inputPipeHasNoEndWhenAWriterLeaves() throws Exception {
        Path path = fifo("input");
        listen(port("sink,input=" + path));
        for (String word : List.of("first", "second")) {
            Files.writeString(path, word);
            assertEquals(word, hear(word.length()));
        }
    }

    @Test
    void endOfStandardInputIsTheEnd() throws Exception {
        Files.writeString(folder.resolve("stdin"), "\u0001x");
        listen(port("stdout,stdin"));
        assertEquals("\u0001xend", hear(5));
        assertEquals(null, events.poll(), "not typed at a terminal");
        assertEquals(0, host.rawModes);
    }

    @Test
    void controlAThenXAtATerminalEndsTheMachine() throws Exception {
        Path keyboard = fifo("stdin");
        TestHost terminal = new TestHost(output, keyboard, true);
        use(terminal);
        SerialPort port = port("stdout,stdin");
        assertEquals(1, terminal.rawModes);
        listen(port);
        try (OutputStream typed = Files.newOutputStream(keyboard)) {
            typed.write("a\u0001".getBytes(StandardCharsets.ISO_8859_1));
            assertEquals("a", hear(1));
            typed.write('x');
            assertEquals(MachineServices.MachineEvent.EXIT, events.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
        }
        assertEquals("end", hear(3));
        open.removeLast().close();
        closePort();
        assertEquals(0, terminal.rawModes, "the terminal has its mode back");
    }

    @Test
    void keysWorkWhenTheGuestDoesNotListenAndWhatWasTypedWaitsForIt() throws Exception {
        Path keyboard = fifo("stdin");
        use(new TestHost(output, keyboard, true));
        SerialPort port = port("stdout,stdin");
        try (OutputStream typed = Files.newOutputStream(keyboard)) {
            typed.write(("root\u0001x" + "z".repeat(10_000)).getBytes(StandardCharsets.ISO_8859_1));
            typed.write("\u0001x".getBytes(StandardCharsets.ISO_8859_1));
            assertEquals(MachineServices.MachineEvent.EXIT, events.poll(LIMIT_SECONDS, TimeUnit.SECONDS));
            assertEquals(MachineServices.MachineEvent.EXIT, events.poll(LIMIT_SECONDS, TimeUnit.SECONDS), "also with a full buffer");
            listen(port);
            assertEquals("root" + "z".repeat(4092), hear(4096));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "unix", "unix-stream", "stdout,input-unix-stream"})
    void whatIsMissingIsSaid(String text) {
        VmmException.Config thrown = assertThrows(VmmException.Config.class, () -> port(text));
        assertTrue(thrown.getMessage().contains("needs") && thrown.getMessage().contains("[serial 1]"), thrown.getMessage());
    }

    @Test
    void missingInputLeavesNothingOpen() {
        Path log = folder.resolve("log");
        assertThrows(VmmException.Host.class, () -> port("file,path=" + log + ",input=" + folder.resolve("missing")));
        assertTrue(Files.notExists(log));
    }

    /// Sockets of which the first attempts to connect and to send fail.
    private static final class LateSockets implements HostSockets, LocalSocket {
        private final BlockingQueue<String> sent;
        private int missing = 3;
        private int full = 3;

        LateSockets(BlockingQueue<String> sent) {
            this.sent = sent;
        }

        @Override
        public LocalListener listen(Path path, Kind kind) {
            throw new UnsupportedOperationException();
        }

        @Override
        public LocalSocket connect(Path path, Kind kind) {
            assertEquals(Kind.DATAGRAM, kind);
            if (missing-- > 0) {
                throw new VmmException.Host(VmmException.Kind.MISSING, "cannot connect to " + path + ": ENOENT");
            }
            return this;
        }

        @Override
        public Optional<LocalSocket> tryConnect(Path path, Kind kind) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long shutdown(Direction direction) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long receive(MemorySegment to, long offset, long lengthBytes) {
            return AGAIN;
        }

        @Override
        public long send(MemorySegment from, long offset, long lengthBytes) {
            if (full-- > 0) {
                return AGAIN;
            }
            byte[] message = from.asSlice(offset, lengthBytes).toArray(ValueLayout.JAVA_BYTE);
            sent.add(new String(message, StandardCharsets.ISO_8859_1));
            return lengthBytes;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}
