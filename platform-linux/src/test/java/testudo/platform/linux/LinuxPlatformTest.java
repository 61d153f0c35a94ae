package testudo.platform.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.VmmException;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.HostTerminals.PseudoTerminal;
import testudo.spi.host.HostTimer;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.spi.host.SharedMemory;

@Timeout(60)
@SuppressWarnings("try") // some are closed early on purpose
class LinuxPlatformTest {
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    @TempDir Path folder;

    private final LinuxPlatform platform = new LinuxPlatform();

    @Test
    void pollerReportsEventsUntilTheyAreConsumed() {
        try (Poller poller = platform.events().newPoller(); HostEvent event = platform.events().newEvent()) {
            poller.add(event, 42, Poller.READABLE);
            assertEquals(0, poller.await(0));

            event.signal();
            event.signal();
            assertEquals(1, poller.await(PATIENCE_NANOS));
            assertEquals(42, poller.token(0));
            assertEquals(Poller.READABLE, poller.ready(0));
            assertTrue(event.consume());
            assertFalse(event.consume());
            assertEquals(0, poller.await(0));

            event.signal();
            poller.change(event, 43, 0);
            assertEquals(0, poller.await(0));
            poller.change(event, 43, Poller.READABLE);
            assertEquals(1, poller.await(0));
            assertEquals(43, poller.token(0));
            poller.remove(event);
            assertEquals(0, poller.await(0));
        }
    }

    @Test
    void regularFilesAreAlwaysReady() throws IOException {
        Path path = Files.writeString(folder.resolve("f"), "x");
        try (Poller poller = platform.events().newPoller();
                HostFile file = platform.files().open(path, Set.of(Mode.READ))) {
            poller.add(file, 7, Poller.READABLE);

            assertEquals(1, poller.await(-1));
            assertEquals(7, poller.token(0));
            poller.remove(file);
            assertEquals(0, poller.await(0));
        }
    }

    @Test
    void timersExpireAndRepeat() {
        try (Poller poller = platform.events().newPoller(); HostTimer timer = platform.events().newTimer()) {
            poller.add(timer, 1, Poller.READABLE);
            timer.arm(0, 1000);
            assertEquals(1, poller.await(PATIENCE_NANOS));
            assertTrue(timer.consume() >= 1);
            assertEquals(1, poller.await(PATIENCE_NANOS));
            timer.disarm();
            assertEquals(0, timer.consume());
            assertEquals(0, poller.await(0));
        }
    }

    @Test
    void sharedMemoryIsZeroSealedAndDiscardable() {
        SharedMemory memory = platform.memory().create("test", 8192);
        MemorySegment bytes = memory.bytes();
        assertEquals(0, bytes.get(ValueLayout.JAVA_LONG, 4096));
        bytes.set(ValueLayout.JAVA_LONG, 4096, 5);
        memory.discard(4096, 4096);
        assertEquals(0, bytes.get(ValueLayout.JAVA_LONG, 4096));
        try (HostFile file = platform.files()
                .open(Path.of("/proc/self/fd/" + OpenDescriptor.of(memory)), Set.of(Mode.READ, Mode.WRITE))) {
            assertEquals(8192, file.sizeBytes());
            assertEquals(-1, file.resize(4096));
            assertEquals(-1, file.resize(16384));
        }
        memory.close();
        memory.close();
        assertThrows(IllegalStateException.class, () -> bytes.get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void fileOperationsAnswerResultsAndErrors() {
        Path path = folder.resolve("file");
        Set<Mode> modes = Set.of(Mode.READ, Mode.WRITE, Mode.CREATE);
        try (Arena arena = Arena.ofConfined(); HostFile file = platform.files().open(path, modes)) {
            MemorySegment buffer = arena.allocateFrom("hello");
            assertEquals(5, file.write(3, buffer, 0, 5));
            assertEquals(8, file.sizeBytes());
            assertEquals(0, file.read(8, buffer, 0, 5));
            assertEquals(2, file.read(6, buffer, 1, 4));
            assertEquals("hlolo", buffer.getString(0));
            assertEquals(0, file.flush());
            assertEquals(0, file.writeZeroes(0, 4));
            assertEquals(0, file.resize(4096));
            assertEquals(0, file.punchHole(0, 4096));
            assertEquals(4096, file.sizeBytes());
            assertThrows(IndexOutOfBoundsException.class, () -> file.read(0, buffer, 4, 3));
            MemorySegment heap = MemorySegment.ofArray(new byte[8]);
            assertThrows(IllegalArgumentException.class, () -> file.read(0, heap, 0, 8));
        }
        VmmException.Host missing = assertThrows(
                VmmException.Host.class, () -> platform.files().open(folder.resolve("no"), Set.of(Mode.READ)));
        assertEquals(VmmException.Kind.MISSING, missing.kind());
        assertEquals("cannot open " + folder.resolve("no") + ": ENOENT (it does not exist)", missing.getMessage());
    }

    @Test
    void locksExcludeEachOther() {
        Path path = folder.resolve("lock");
        Set<Mode> modes = Set.of(Mode.READ, Mode.WRITE, Mode.CREATE);
        try (HostFile first = platform.files().open(path, modes); HostFile second = platform.files().open(path, modes)) {
            assertTrue(first.lock(false));
            assertTrue(second.lock(false));
            assertFalse(second.lock(true));
            first.close();
            assertTrue(second.lock(true));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"STREAM", "SEQPACKET"})
    void socketsConnectAndCarryBytes(Kind kind) {
        Path path = folder.resolve("socket");
        LocalListener listener = platform.sockets().listen(path, kind);
        assertTrue(listener.accept().isEmpty());
        try (Arena arena = Arena.ofConfined();
                LocalSocket client = platform.sockets().connect(path, kind);
                LocalSocket server = listener.accept().orElseThrow()) {
            MemorySegment buffer = arena.allocateFrom("ping");
            assertEquals(LocalSocket.AGAIN, server.receive(buffer, 0, 4));
            assertEquals(4, client.send(buffer, 0, 4));
            MemorySegment into = arena.allocate(16);
            assertEquals(4, server.receive(into, 0, 16));
            assertEquals("ping", into.getString(0));
            client.close();
            assertEquals(0, server.receive(into, 0, 16));
            assertEquals(-32, server.send(into, 0, 4));
        }
        listener.close();
        assertFalse(Files.exists(path));
    }

    @Test
    void directionsOfASocketEndOneByOne() {
        Path path = folder.resolve("socket");
        try (Arena arena = Arena.ofConfined();
                LocalListener listener = platform.sockets().listen(path, Kind.STREAM);
                LocalSocket client = platform.sockets().tryConnect(path, Kind.STREAM).orElseThrow();
                LocalSocket server = listener.accept().orElseThrow()) {
            MemorySegment buffer = arena.allocateFrom("ping");
            client.send(buffer, 0, 4);
            assertEquals(0, client.shutdown(LocalSocket.Direction.SEND));
            assertEquals(4, server.receive(buffer, 0, 4));
            assertEquals(0, server.receive(buffer, 0, 4));
            assertEquals(4, server.send(buffer, 0, 4), "the other direction goes on");
            assertEquals(4, client.receive(buffer, 0, 4));
            assertEquals(0, client.shutdown(LocalSocket.Direction.RECEIVE));
            assertEquals(-32, server.send(buffer, 0, 4));
        }
    }

    @Test
    void tryingToConnectDoesNotWaitForAFullListener() {
        Path path = folder.resolve("socket");
        List<LocalSocket> clients = new ArrayList<>();
        try (LocalListener listener = platform.sockets().listen(path, Kind.STREAM)) {
            Optional<LocalSocket> next = platform.sockets().tryConnect(path, Kind.STREAM);
            while (next.isPresent() && clients.size() < 5000) {
                clients.add(next.get());
                next = platform.sockets().tryConnect(path, Kind.STREAM);
            }
            assertTrue(next.isEmpty(), "the queue of a listener that accepts nothing is full at some time");
            listener.accept().orElseThrow().close();
            clients.add(platform.sockets().tryConnect(path, Kind.STREAM).orElseThrow());
        } finally {
            clients.forEach(LocalSocket::close);
        }
    }

    @Test
    void listeningOnATakenPathLeavesItAlone() {
        Path path = folder.resolve("socket");
        try (LocalListener listener = platform.sockets().listen(path, Kind.STREAM)) {
            assertThrows(VmmException.Host.class, () -> platform.sockets().listen(path, Kind.STREAM));
            assertTrue(Files.exists(path));
            assertTrue(listener.accept().isEmpty());
        }
    }

    @Test
    void pseudoTerminalCarriesBytesBothWays() {
        PseudoTerminal terminal = platform.terminals().newPseudoTerminal();
        try (Arena arena = Arena.ofConfined();
                HostFile user = platform.files().open(Path.of(terminal.path()), Set.of(Mode.READ, Mode.WRITE, Mode.NONBLOCK))) {
            MemorySegment buffer = arena.allocateFrom("hi\n");
            assertEquals(-11, terminal.stream().read(-1, buffer, 0, 3));
            assertEquals(3, user.write(-1, buffer, 0, 3));
            assertEquals(3, terminal.stream().read(-1, buffer, 0, 4));
            assertEquals(3, terminal.stream().write(-1, buffer, 0, 3));
            assertEquals(3, user.read(-1, buffer, 0, 4));
            assertEquals(-11, terminal.stream().read(-1, buffer, 0, 3));
        }
        terminal.close();
    }

    @Test
    void entropyFillsExactlyTheRange() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(64);
            platform.entropy().fill(buffer, 8, 40);
            assertEquals(0, buffer.get(ValueLayout.JAVA_LONG, 0));
            assertEquals(0, buffer.get(ValueLayout.JAVA_LONG, 48));
            assertTrue(buffer.get(ValueLayout.JAVA_LONG, 8) != buffer.get(ValueLayout.JAVA_LONG, 16));
        }
    }
}
