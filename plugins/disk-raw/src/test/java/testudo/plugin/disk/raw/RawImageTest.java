package testudo.plugin.disk.raw;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.platform.linux.LinuxPlatform;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskQueue;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.memory.BufferList;

/// Raw images on real files, with both kinds of ring.
class RawImageTest {
    private static final int DEPTH = 8;
    private static final int EIO = -5;

    @TempDir private Path folder;

    private final HostPlatform host = new LinuxPlatform();
    private final int[] results = new int[64];
    private Arena arena;
    private Path path;
    private DiskImage image;
    private DiskQueue queue;

    @BeforeEach
    void allocate() {
        arena = Arena.ofConfined();
        path = folder.resolve("disk");
        Arrays.fill(results, 1);
    }

    @AfterEach
    void release() {
        if (queue != null) {
            queue.close();
            queue.close();
        }
        if (image != null) {
            image.close();
        }
        arena.close();
    }

    private void open(RingKind ring, boolean direct, byte... content) throws IOException {
        Files.write(path, content);
        Set<Mode> modes = EnumSet.of(Mode.READ, Mode.WRITE);
        if (direct) {
            modes.add(Mode.DIRECT);
        }
        try {
            HostFile file = host.files().open(path, modes);
            image = new RawFormat().open(new DiskRequest(path, false, direct, false, ring), file, host);
            queue = image.newQueue(new IdleLoop(), DEPTH, (token, result) -> {
                assertEquals(1, results[(int) token], "completed twice");
                results[(int) token] = result;
            });
        } catch (VmmException.Host refused) {
            abort("this host or file system has no " + ring + " or direct I/O: " + refused.getMessage());
        }
    }

    private BufferList list(byte[] content, int... cuts) {
        // One byte off any alignment.
        MemorySegment memory = arena.allocate(content.length + 1L, 4096).asSlice(1);
        MemorySegment.copy(content, 0, memory, ValueLayout.JAVA_BYTE, 0, content.length);
        BufferList list = new BufferList(1);
        int from = 0;
        for (int cut : cuts) {
            list.add(memory, from, cut, 0);
            from += cut;
        }
        list.add(memory, from, content.length - from, 0);
        return list;
    }

    private static byte[] bytes(BufferList list) {
        list.rewind();
        byte[] bytes = new byte[(int) list.sizeBytes()];
        list.read(MemorySegment.ofArray(bytes), 0, bytes.length);
        return bytes;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void whatIsWrittenIsInTheFileAndReadsBack(RingKind ring) throws IOException {
        open(ring, false, new byte[8192]);
        byte[] data = random(4096);
        queue.write(512, list(data, 1, 0, 700), data.length, 1);
        queue.drain();
        queue.flush(2);
        queue.drain();
        BufferList read = list(new byte[4096], 3);
        queue.read(512, read, 4096, 3);
        queue.drain();
        assertArrayEquals(new int[]{0, 0, 0}, Arrays.copyOfRange(results, 1, 4));
        assertArrayEquals(data, Arrays.copyOfRange(Files.readAllBytes(path), 512, 512 + 4096));
        assertArrayEquals(data, bytes(read));
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void moreThanTheRingsVectorIsCarriedOn(RingKind ring) throws IOException {
        byte[] data = random(3000 * 16);
        open(ring, false, data);
        int[] cuts = new int[2999];
        Arrays.fill(cuts, 16);
        BufferList read = list(new byte[data.length], cuts);
        queue.read(0, read, data.length, 1);
        queue.drain();
        assertEquals(0, results[1]);
        assertArrayEquals(data, bytes(read));
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void endOfAnOddFileReadsAsZero(RingKind ring) throws IOException {
        byte[] data = random(700);
        open(ring, false, data);
        assertEquals(1024, image.sizeBytes());
        BufferList read = list(random(1024));
        queue.read(0, read, 1024, 1);
        queue.drain();
        assertEquals(0, results[1]);
        assertArrayEquals(Arrays.copyOf(data, 1024), bytes(read));
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void fileThatShrinksUnderUsIsAnError(RingKind ring) throws IOException {
        open(ring, false, new byte[8192]);
        Files.write(path, new byte[1024]);
        queue.read(0, list(new byte[4096]), 4096, 1);
        queue.read(0, list(new byte[512]), 512, 2);
        queue.drain();
        assertEquals(EIO, results[1]);
        assertEquals(0, results[2]);
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void discardedAndZeroedRangesReadAsZero(RingKind ring) throws IOException {
        byte[] data = random(16384);
        open(ring, false, data);
        queue.discard(4096, 4096, 1);
        queue.writeZeroes(8192, 512, false, 2);
        queue.writeZeroes(8704, 512, true, 3);
        queue.drain();
        Arrays.fill(data, 4096, 9216, (byte) 0);
        assertArrayEquals(new int[]{0, 0, 0}, Arrays.copyOfRange(results, 1, 4));
        assertArrayEquals(data, Files.readAllBytes(path));
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void directReadsAndWritesTakeAnyBuffer(RingKind ring) throws IOException {
        byte[] data = random(1 << 20);
        open(ring, true, data);
        // More operations than bounce buffers, each longer than one: they wait for each other.
        BufferList[] reads = new BufferList[DEPTH];
        for (int i = 0; i < DEPTH; i++) {
            reads[i] = list(new byte[data.length], 5, 100);
            queue.read(0, reads[i], data.length, i);
        }
        queue.drain();
        for (int i = 0; i < DEPTH; i++) {
            assertEquals(0, results[i]);
            assertArrayEquals(data, bytes(reads[i]));
        }
        byte[] change = random(8192);
        queue.write(4096, list(change, 11), change.length, 20);
        queue.drain();
        System.arraycopy(change, 0, data, 4096, change.length);
        assertEquals(0, results[20]);
        assertArrayEquals(data, Files.readAllBytes(path));
        if (image.alignmentBytes() > 1) {
            queue.read(1, list(new byte[4096]), 4096, 21);
            assertEquals(-22, results[21]);
        }
    }

    @ParameterizedTest
    @EnumSource(RingKind.class)
    void resizedImageHasItsNewSize(RingKind ring) throws IOException {
        open(ring, false, new byte[4096]);
        assertEquals(0, image.resize(8192));
        assertEquals(8192, image.sizeBytes());
        assertEquals(8192, Files.size(path));
        assertTrue(image.resize(-1) < 0);
        assertEquals(8192, image.sizeBytes());
    }

    /// Never runs a handler: the test drains.
    private static final class IdleLoop implements EventLoop, EventLoop.Watch {
        @Override
        public Watch watch(Pollable source, int interest, ReadyHandler handler) {
            return this;
        }

        @Override
        public void execute(Runnable task) {
            task.run();
        }

        @Override
        public boolean isCurrent() {
            return true;
        }

        @Override
        public void interest(int interest) {}

        @Override
        public void cancel() {}
    }
}
