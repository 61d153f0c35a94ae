package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.VmmException;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.SharedMemory;

/// Passing descriptors to oneself.
class HandlePassingTest {
    private final LinuxPlatform platform = new LinuxPlatform();
    private final HandlePassing passing = platform.handlePassing().orElseThrow();
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment bytes = arena.allocate(64);
    private final List<LocalSocket> pair = passing.pair(Kind.STREAM);
    private final List<HostHandle> received = new ArrayList<>();

    @TempDir Path folder;

    @AfterEach
    void close() {
        received.forEach(HostHandle::close);
        pair.forEach(LocalSocket::close);
        arena.close();
    }

    private List<HostHandle> pass(HostHandle... handles) {
        assertEquals(3, passing.send(pair.get(0), bytes, 0, 3, List.of(handles)));
        assertEquals(3, passing.receive(pair.get(1), bytes, 8, 16, received));
        return received;
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        }
    }

    @Test
    void anEventReachesItsMaker() {
        try (HostEvent ours = platform.events().newEvent(); HostEvent theirs = passing.event(pass(ours).getFirst())) {
            theirs.signal();

            assertTrue(ours.consume());
            assertFalse(theirs.consume());
        }
    }

    @Test
    void bytesWithoutHandlesCarryNone() {
        bytes.set(JAVA_BYTE, 0, (byte) 7);

        assertTrue(pass().isEmpty());
        assertEquals(7, bytes.get(JAVA_BYTE, 8));
        assertEquals(LocalSocket.AGAIN, passing.receive(pair.get(1), bytes, 0, 8, received));
        pair.get(0).close();
        assertEquals(0, passing.receive(pair.get(1), bytes, 0, 8, received));
    }

    @Test
    void memoryIsSharedFromAnOffset() {
        try (SharedMemory ours = platform.memory().create("test", 8192);
                SharedMemory theirs = passing.map(pass(ours).getFirst(), 4096, 4096)) {
            ours.bytes().set(JAVA_BYTE, 5000, (byte) 42);

            assertEquals(42, theirs.bytes().get(JAVA_BYTE, 5000 - 4096));
            theirs.discard(0, 4096);
            assertEquals(0, ours.bytes().get(JAVA_BYTE, 5000));
        }
    }

    @Test
    void memoryThatIsNotThereIsRefused() throws IOException {
        try (SharedMemory ours = platform.memory().create("test", 8192)) {
            long before = openDescriptors();
            for (long[] range : new long[][]{{0, 8193}, {4096, 8192}, {8192, 1}, {-4096, 4096}, {0, 0}, {1L << 62, 1L << 62}, {0, -1}, {1,
                    8}}) {
                HostHandle handle = pass(ours).getFirst();
                assertThrows(VmmException.Host.class, () -> passing.map(handle, range[0], range[1]));
                received.clear();
            }
            assertEquals(before, openDescriptors(), "every handle was closed");
        }
    }

    @Test
    void whatIsNoEventIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("f"), new byte[16]);
        try (HostFile ours = platform.files().open(file, Set.of(Mode.READ, Mode.WRITE))) {
            long before = openDescriptors();
            HostHandle handle = pass(ours).getFirst();

            assertThrows(VmmException.Host.class, () -> passing.event(handle));
            received.clear();
            HostHandle again = pass(ours).getFirst();
            assertThrows(VmmException.Host.class, () -> passing.socket(again));
            assertEquals(before, openDescriptors());
            assertArrayEquals(new byte[16], Files.readAllBytes(file), "nothing was written to it");
        }
    }

    @Test
    void aSocketIsASocket() {
        List<LocalSocket> other = passing.pair(Kind.STREAM);
        try (LocalSocket near = other.get(0); LocalSocket far = other.get(1); LocalSocket passed = passing.socket(pass(far).getFirst())) {
            near.send(bytes, 0, 5);

            assertEquals(5, passed.receive(bytes, 0, 64));
        }
    }

    @Test
    void aFullLoadOfHandlesArrives() throws IOException {
        try (HostEvent ours = platform.events().newEvent()) {
            HostHandle[] all = Collections.nCopies(HandlePassing.MAX_HANDLES, ours).toArray(HostHandle[]::new);
            long before = openDescriptors();

            assertEquals(HandlePassing.MAX_HANDLES, pass(all).size());
            received.forEach(HostHandle::close);
            assertEquals(before, openDescriptors());
        }
    }

    @Test
    void anInheritedSocketConnects() {
        int descriptor = ((UnixSocket) pair.get(1)).descriptor();
        try (LocalSocket taken = platform.sockets().connect(Path.of("/proc/self/fd/" + descriptor), Kind.STREAM)) {
            pair.get(0).send(bytes, 0, 4);

            assertEquals(4, taken.receive(bytes, 0, 64));
        }
        assertThrows(
                VmmException.Host.class,
                () -> platform.sockets().connect(Path.of("/proc/self/fd/" + descriptor), Kind.SEQPACKET));
    }
}
