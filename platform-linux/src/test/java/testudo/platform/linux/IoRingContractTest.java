package testudo.platform.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.spi.VmmException;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.host.IoRing;
import testudo.spi.host.IoRing.RangeOperation;
import testudo.spi.host.Poller;
import testudo.spi.memory.BufferList;

/// What every ring does; run for both.
@Timeout(60)
class IoRingContractTest {
    private static final long PATIENCE_NANOS = 20_000_000_000L;

    @TempDir Path folder;

    private final LinuxPlatform platform = new LinuxPlatform();

    private IoRing ring(int depth, RingKind kind) {
        try {
            return platform.files().newRing(depth, kind);
        } catch (VmmException.Host refused) {
            Assumptions.abort("needs io_uring: " + refused.getMessage());
            throw refused;
        }
    }

    private HostFile file(byte... content) throws IOException {
        Path path = folder.resolve("data");
        Files.write(path, content);
        return platform.files().open(path, Set.of(Mode.READ, Mode.WRITE));
    }

    /// Waits by the ring's descriptor, as a device does.
    private Map<Long, Integer> finish(IoRing ring, int count) {
        Map<Long, Integer> results = new HashMap<>();
        try (Poller poller = platform.events().newPoller()) {
            poller.add(ring, 1, Poller.READABLE);
            ring.submit();
            // await may answer 0 early: io_uring interrupts the waiting thread to finish a request on it.
            long end = System.nanoTime() + PATIENCE_NANOS;
            while (results.size() < count && System.nanoTime() < end) {
                if (poller.await(PATIENCE_NANOS) > 0) {
                    ring.complete(results::put);
                }
            }
            poller.remove(ring);
        }
        assertEquals(count, results.size());
        return results;
    }

    @Test
    void aReservedRingComesBackWhenItIsClosed() throws IOException {
        ring(1, RingKind.URING).close(); // skips where the kernel has none
        platform.files().reserveRings(1, 8);
        IoRing first = platform.files().newRing(4, RingKind.URING);
        try (Arena arena = Arena.ofConfined(); HostFile file = file()) {
            BufferList list = new BufferList(1);
            list.add(arena.allocateFrom("left"), 0, 4, 0);
            assertTrue(first.write(file, 0, list, 4, 1));
            first.close(); // with an operation under way
            first.close();

            IoRing again = platform.files().newRing(8, RingKind.AUTO);
            IoRing other = platform.files().newRing(8, RingKind.AUTO);

            assertSame(first, again);
            assertNotSame(first, other);
            assertEquals(8, again.space());
            assertTrue(again.flush(file, 5));
            assertEquals(Map.of(5L, 0), finish(again, 1));
            assertEquals("left", Files.readString(folder.resolve("data")));
            other.close();
        }
        first.close();
    }

    @ParameterizedTest
    @EnumSource(names = {"URING", "THREAD"})
    void writesAndReadsSeveralPieces(RingKind kind) throws IOException {
        try (Arena arena = Arena.ofConfined();
                HostFile file = file();
                IoRing ring = ring(4, kind)) {
            MemorySegment memory = arena.allocateFrom("abcdefghij");
            BufferList list = new BufferList(4);
            list.add(memory, 0, 3, 0);
            list.add(memory, 3, 0, 0);
            list.add(memory, 5, 4, 0);
            list.skip(1);

            assertTrue(ring.write(file, 2, list, 6, 7));
            assertEquals(3, ring.space());
            assertEquals(Map.of(7L, 6), finish(ring, 1));

            assertEquals("\0\0bcfghi", Files.readString(folder.resolve("data")));
            assertEquals(7, list.position());
            MemorySegment back = arena.allocate(16);
            BufferList into = new BufferList(2);
            into.add(back, 0, 1, 0);
            into.add(back, 8, 8, 0);
            assertTrue(ring.read(file, 2, into, 9, 8));
            assertEquals(Map.of(8L, 6), finish(ring, 1));
            assertEquals('b', back.get(ValueLayout.JAVA_BYTE, 0));
            assertEquals("cfghi", back.getString(8));
            assertEquals(4, ring.space());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"URING", "THREAD"})
    void endOfFileAndErrorsAreResults(RingKind kind) throws IOException {
        try (Arena arena = Arena.ofConfined();
                HostFile file = file((byte) 1);
                HostFile unwritable = platform.files().open(folder.resolve("data"), Set.of(Mode.READ));
                IoRing ring = ring(4, kind)) {
            BufferList list = new BufferList(1);
            list.add(arena.allocate(8), 0, 8, 0);

            assertTrue(ring.read(file, 100, list, 8, 1));
            list.rewind();
            assertTrue(ring.write(unwritable, 0, list, 8, 2));

            assertEquals(Map.of(1L, 0, 2L, -9), finish(ring, 2));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"URING", "THREAD"})
    void refusesWhenFullAndServesAgain(RingKind kind) throws IOException {
        try (HostFile file = file((byte) 1); IoRing ring = ring(2, kind)) {
            assertTrue(ring.flush(file, 1));
            assertTrue(ring.flush(file, 2));
            assertFalse(ring.flush(file, 3));

            assertEquals(Map.of(1L, 0, 2L, 0), finish(ring, 2));
            assertTrue(ring.flush(file, 4));
            assertEquals(Map.of(4L, 0), finish(ring, 1));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"URING", "THREAD"})
    void punchesAndZeroesRanges(RingKind kind) throws IOException {
        byte[] content = new byte[8192];
        java.util.Arrays.fill(content, (byte) 5);
        try (HostFile file = file(content); IoRing ring = ring(2, kind)) {
            ring.allocate(file, RangeOperation.PUNCH_HOLE, 0, 4096, 1);
            ring.allocate(file, RangeOperation.WRITE_ZEROES, 5000, 10, 2);

            assertEquals(Map.of(1L, 0, 2L, 0), finish(ring, 2));
            byte[] after = Files.readAllBytes(folder.resolve("data"));
            assertEquals(0, after[4095]);
            assertEquals(5, after[4999]);
            assertEquals(0, after[5000]);
            assertEquals(5, after[5010]);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"URING", "THREAD"})
    void manyUnderWayAreEachCompletedOnce(RingKind kind) throws IOException {
        int depth = 64;
        byte[] content = new byte[depth * 512];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i / 512);
        }
        try (Arena arena = Arena.ofShared(); HostFile file = file(content); IoRing ring = ring(depth, kind)) {
            for (int round = 0; round < 20; round++) {
                MemorySegment memory = arena.allocate(content.length);
                for (int block = 0; block < depth; block++) {
                    BufferList list = new BufferList(1);
                    list.add(memory, block * 512L, 512, 0);
                    assertTrue(ring.read(file, block * 512L, list, 512, block));
                }
                assertEquals(0, ring.space());
                Map<Long, Integer> results = finish(ring, depth);
                assertTrue(results.values().stream().allMatch(bytes -> bytes == 512), results.toString());
                assertEquals(-1, memory.mismatch(MemorySegment.ofArray(content)));
            }
        }
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("io-ring")));
    }
}
