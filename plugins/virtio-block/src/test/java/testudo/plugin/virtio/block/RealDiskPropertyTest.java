package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.spi.host.HostFiles.RingKind;

/// Random requests to real files do what an array does, on every kind of I/O ring and virtqueue, also through resets.
class RealDiskPropertyTest {
    private static final int SECTOR = 512;
    private static final int SECTORS = 512;
    private static final int MOST_SECTORS = 64;
    private static final int REQUESTS = 600;
    private static final int READ = 0;
    private static final int WRITE = 1;
    private static final int FLUSH = 4;
    private static final int DISCARD = 11;
    private static final int ZERO = 13;
    private static final int OK = 0;
    private static final int IO_ERROR = 1;

    @TempDir private Path folder;

    private Random random = new Random();
    private byte[] model = {};
    private LiveDisk disk;
    private int queues = 1;
    /// Requests under way, by queue and slot.
    private final Expected[][] underWay = new Expected[BlockDevice.QUEUES][LiveDisk.SLOTS];
    private final boolean[] busy = new boolean[SECTORS];

    /// What a request will be answered with.
    private record Expected(int status, int first, int sectors, byte[] data) {}

    @ParameterizedTest
    @CsvSource({
            "AUTO, false, false", "URING, false, false", "URING, true, false", "THREAD, false, false", "THREAD, true, false",
            "URING, false, true", "THREAD, true, true"})
    void behavesAsAnArray(RingKind ring, boolean packed, boolean multipleWorkers) throws IOException {
        long seed = Long.getLong("testudo.seed", System.nanoTime());
        random = new Random(seed);
        model = new byte[SECTORS * SECTOR];
        random.nextBytes(model);
        queues = multipleWorkers ? BlockDevice.QUEUES : 2;
        Path path = folder.resolve("disk");
        Files.write(path, model);
        disk = RealDisk.start(path, ring, packed, multipleWorkers);
        try {
            for (int i = 0; i < REQUESTS; i++) {
                sendOne(random.nextInt(queues));
                if (random.nextInt(150) == 0) {
                    startAgain();
                }
            }
            drain();
        } catch (RuntimeException | AssertionError failed) {
            throw new AssertionError("seed " + seed, failed);
        } finally {
            disk.close();
        }
        assertArrayEquals(model, Files.readAllBytes(path), "seed " + seed);
    }

    private void startAgain() {
        int queue = random.nextInt(queues);
        // Quiescing finishes what was taken. Loops of other queues may not have taken what was sent a moment ago.
        if (queues < BlockDevice.QUEUES && random.nextBoolean()) {
            disk.quiesce();
            drain();
        } else {
            drain();
            disk.reset();
        }
        disk.start();
        sendOne(queue);
    }

    private void sendOne(int queue) {
        int type = List.of(READ, READ, WRITE, WRITE, WRITE, DISCARD, ZERO, FLUSH).get(random.nextInt(8));
        int sectors = 1 + random.nextInt(MOST_SECTORS);
        int first = random.nextInt(SECTORS + MOST_SECTORS / 4) - MOST_SECTORS / 8;
        boolean inside = first >= 0 && first + sectors <= SECTORS;
        if (inside && isBusy(first, sectors)) {
            drain();
        }
        while (isFull(queue)) {
            take(queue);
        }
        byte[] data = new byte[type == WRITE ? sectors * SECTOR : 0];
        random.nextBytes(data);
        byte[] out = type == DISCARD || type == ZERO
                ? TestDisk.request(type, 0, TestDisk.ranges(first, sectors, type == ZERO ? random.nextInt(2) : 0))
                : TestDisk.request(type, type == FLUSH ? 0 : first, data);
        int inBytes = 1 + (type == READ ? sectors * SECTOR : 0);
        Expected expected = type == FLUSH
                ? new Expected(OK, 0, 0, new byte[0])
                : expect(type, first, sectors, inside, data);
        int slot = disk.send(queue, out, inBytes, random.nextInt(2000), random.nextBoolean());
        underWay[queue][slot] = expected;
    }

    private Expected expect(int type, int first, int sectors, boolean inside, byte[] data) {
        if (!inside) {
            return new Expected(IO_ERROR, 0, 0, new byte[0]);
        }
        int from = first * SECTOR;
        int to = from + sectors * SECTOR;
        if (type == WRITE) {
            System.arraycopy(data, 0, model, from, data.length);
        } else if (type != READ) {
            Arrays.fill(model, from, to, (byte) 0);
        }
        Arrays.fill(busy, first, first + sectors, true);
        return new Expected(OK, first, sectors, type == READ ? Arrays.copyOfRange(model, from, to) : new byte[0]);
    }

    private boolean isBusy(int first, int sectors) {
        for (int i = first; i < first + sectors; i++) {
            if (busy[i]) {
                return true;
            }
        }
        return false;
    }

    private List<Expected> of(int queue) {
        List<Expected> all = new ArrayList<>(Arrays.asList(underWay[queue]));
        all.removeIf(expected -> expected == null);
        return all;
    }

    private boolean isFull(int queue) {
        return of(queue).size() == LiveDisk.SLOTS;
    }

    private void drain() {
        for (int queue = 0; queue < queues; queue++) {
            while (!of(queue).isEmpty()) {
                take(queue);
            }
        }
    }

    private void take(int queue) {
        LiveDisk.Answer answer = disk.answer(queue);
        Expected expected = underWay[queue][answer.slot()];
        underWay[queue][answer.slot()] = null;
        assertEquals(expected.status(), answer.status());
        if (expected.status() == OK) {
            assertArrayEquals(expected.data(), Arrays.copyOf(answer.in(), expected.data().length));
        }
        Arrays.fill(busy, expected.first(), expected.first() + expected.sectors(), false);
    }
}
