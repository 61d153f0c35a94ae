package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the device answers, byte by byte.
class BlockDeviceTest {
    private static final int OK = 0;
    private static final int IO_ERROR = 1;
    private static final int UNSUPPORTED = 2;
    private static final int SECTORS = 64;

    private final TestDisk disk = new TestDisk(SECTORS * 512);

    @Test
    void writtenSectorsReadBack() {
        byte[] data = new byte[1024];
        new Random(1).nextBytes(data);
        assertEquals(OK, disk.send(TestDisk.request(1, 5, data), 1).status());
        assertArrayEquals(data, Arrays.copyOfRange(disk.image.bytes, 5 * 512, 7 * 512));

        TestQueue.Chain read = disk.send(TestDisk.request(0, 5), 1025);
        assertEquals(OK, read.status());
        assertEquals(1025, read.written);
        assertArrayEquals(data, Arrays.copyOf(read.in, 1024));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 15, 16, 17})
    void headerMayBeSplitAnywhere(int cut) {
        disk.image.bytes[512] = 7;
        TestQueue.Chain read = disk.send(TestDisk.request(0, 1), 513, cut, 2);
        assertEquals(OK, read.status());
        assertEquals(7, read.in[0]);
    }

    @ParameterizedTest
    @CsvSource({
            "64, 512, 1", "63, 1024, 1", "-1, 512, 1", "9223372036854775807, 512, 1", "36028797018963968, 512, 1", "0, 511, 1",
            "63, 512, 0", "64, 0, 0", "65, 0, 1", "0, 32768, 0"})
    void rangesAreCheckedExactly(long sector, int lengthBytes, int status) {
        assertEquals(status, disk.send(TestDisk.request(0, sector), lengthBytes + 1).status());
        assertEquals(status, disk.send(TestDisk.request(1, sector, new byte[lengthBytes]), 1).status());
    }

    @Test
    void requestWithoutStatusIsGivenBack() {
        assertEquals(0, disk.send(TestDisk.request(0, 0), 0).written);
    }

    @Test
    void shortHeaderIsAnError() {
        assertEquals(IO_ERROR, disk.send(new byte[15], 1).status());
        assertEquals(IO_ERROR, disk.send(new byte[0], 513).status());
    }

    @Test
    void unknownTypeIsUnsupported() {
        TestQueue.Chain answer = disk.send(TestDisk.request(99, 0), 5);
        assertEquals(UNSUPPORTED, answer.status());
        assertEquals(0, answer.written, "the driver is told of no data");
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "19, 1", "20, 0", "4096, 0"})
    void idNeedsItsRoom(int room, int status) {
        TestQueue.Chain answer = disk.send(TestDisk.request(8, 0), room + 1);
        assertEquals(status, answer.status());
        if (status == OK) {
            assertEquals("serial-1", new String(answer.in, 0, 8, StandardCharsets.US_ASCII));
            assertEquals(0, answer.in[19]);
        }
    }

    @Test
    void diskWithoutIdHasNone() {
        TestDisk plain = new TestDisk(new RamImage(512), TestDisk.options(false, Optional.empty()), 0);
        assertEquals(UNSUPPORTED, plain.send(TestDisk.request(8, 0), 21).status());
    }

    @Test
    void readOnlyDiskRefusesEveryChange() {
        TestDisk fixed = new TestDisk(new RamImage(4096), TestDisk.options(true, Optional.empty()), 0);
        assertEquals(IO_ERROR, fixed.send(TestDisk.request(1, 0, new byte[512]), 1).status());
        assertEquals(IO_ERROR, fixed.send(TestDisk.request(11, 0, TestDisk.ranges(0, 1, 0)), 1).status());
        assertEquals(IO_ERROR, fixed.send(TestDisk.request(13, 0, TestDisk.ranges(0, 1, 0)), 1).status());
        assertEquals(OK, fixed.send(TestDisk.request(0, 0), 513).status());
        assertEquals(Map.of("Err", 30L), resize(fixed, 8192));
    }

    @Test
    void rangesAreZeroedAllOrNone() {
        Arrays.fill(disk.image.bytes, (byte) 9);
        assertEquals(IO_ERROR, disk.send(TestDisk.request(13, 0, TestDisk.ranges(0, 1, 0, 60, 5, 0)), 1).status());
        assertEquals(9, disk.image.bytes[0], "nothing is touched when one range is wrong");
        assertEquals(OK, disk.send(TestDisk.request(13, 0, TestDisk.ranges(0, 1, 1, 9, 0, 0, 10, 2, 0)), 1).status());
        assertEquals(0, disk.image.bytes[511]);
        assertEquals(9, disk.image.bytes[512]);
        assertEquals(0, disk.image.bytes[12 * 512 - 1]);
        assertEquals(9, disk.image.bytes[12 * 512]);
    }

    @Test
    void rangesWithUnknownFlagsAreUnsupported() {
        assertEquals(UNSUPPORTED, disk.send(TestDisk.request(13, 0, TestDisk.ranges(0, 1, 2)), 1).status());
        assertEquals(UNSUPPORTED, disk.send(TestDisk.request(11, 0, TestDisk.ranges(0, 1, 1)), 1).status());
        assertEquals(OK, disk.send(TestDisk.request(11, 0, TestDisk.ranges(0, 1, 0)), 1).status());
    }

    @Test
    void noMoreThan32Ranges() {
        assertEquals(OK, disk.send(TestDisk.request(13, 0, new byte[32 * 16]), 1).status());
        assertEquals(IO_ERROR, disk.send(TestDisk.request(13, 0, new byte[33 * 16]), 1).status());
        assertEquals(IO_ERROR, disk.send(TestDisk.request(13, 0, new byte[24]), 1).status());
        assertEquals(IO_ERROR, disk.send(TestDisk.request(13, 0), 1).status());
    }

    @Test
    void writeIsDurableAtOnceWhenTheDriverKnowsNoFlush() {
        TestDisk through = new TestDisk(new RamImage(4096), TestDisk.options(false, Optional.empty()), BlockDevice.FLUSH);
        assertEquals(OK, through.send(TestDisk.request(1, 0, new byte[512]), 1).status());
        assertEquals(1, through.image.flushes);
        assertEquals(OK, disk.send(TestDisk.request(1, 0, new byte[512]), 1).status());
        assertEquals(0, disk.image.flushes);
        assertEquals(OK, disk.send(TestDisk.request(4, 0), 1).status());
        assertEquals(1, disk.image.flushes);
    }

    @Test
    void failureOfTheDiskIsAnError() {
        disk.image.failWith = -5;
        assertEquals(IO_ERROR, disk.send(TestDisk.request(0, 0), 513).status());
        assertEquals(IO_ERROR, disk.send(TestDisk.request(4, 0), 1).status());
        assertEquals(IO_ERROR, disk.send(TestDisk.request(13, 0, TestDisk.ranges(0, 1, 0)), 1).status());
    }

    @Test
    void quiescingFinishesWhatIsUnderWay() {
        disk.image.immediate = false;
        TestQueue.Chain first = disk.send(TestDisk.request(1, 0, new byte[512]), 1);
        TestQueue.Chain second = disk.send(TestDisk.request(13, 0, TestDisk.ranges(0, 1, 0, 4, 1, 0)), 1);
        assertEquals(-1, first.written);
        disk.device.quiesce();
        assertEquals(1, first.written);
        assertEquals(1, second.written);
        disk.queue.offer(new TestQueue.Chain(TestDisk.request(4, 0), new byte[1]));
        disk.device.onKick(0);
        assertEquals(1, disk.queue.waiting(), "nothing is taken any more");
    }

    @Test
    void oneTurnServesAFewRequestsAtMost() {
        for (int i = 0; i < 200; i++) {
            disk.queue.offer(new TestQueue.Chain(TestDisk.request(99, 0), new byte[1]));
        }
        disk.device.onKick(0);
        assertEquals(200 - 8, disk.queue.waiting());
        disk.runTasks();
        assertEquals(0, disk.queue.waiting());
    }

    /// Over vhost-user a ring may have 32,768 entries; a request for each would take more memory than the process has.
    @Test
    void whatALargeRingHoldsWaitsInIt() {
        TestDisk large = new TestDisk(new RamImage(512), TestDisk.options(false, Optional.empty()), 0, 32_768);
        large.image.immediate = false;
        List<TestQueue.Chain> chains = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            chains.add(large.queue.offer(new TestQueue.Chain(TestDisk.request(0, 0), new byte[513])));
        }
        large.device.onKick(0);
        large.runTasks();
        assertEquals(1024, large.image.pending.size());
        while (!large.image.pending.isEmpty()) {
            large.image.pending.remove().run();
            large.runTasks();
            assertTrue(large.image.pending.size() <= 1024);
        }
        assertTrue(chains.stream().allMatch(chain -> chain.written == 513));
    }

    @Test
    void resizingChangesTheCapacityAndTellsTheDriver() {
        assertEquals("Ok", resize(disk, 128 * 512));
        assertEquals(128, disk.device.readConfig(0, 8));
        assertEquals(1, disk.configInterrupts);
        assertEquals(OK, disk.send(TestDisk.request(0, 127), 513).status());
        assertEquals("Ok", resize(disk, 512));
        assertEquals(IO_ERROR, disk.send(TestDisk.request(0, 1), 513).status());
    }

    @Test
    void shrinkingWaitsForRequestsUnderWay() {
        disk.image.immediate = false;
        TestQueue.Chain write = disk.send(TestDisk.request(1, 63, new byte[512]), 1);
        assertEquals("Ok", resize(disk, 512));
        assertEquals(OK, write.status());
        assertEquals(512, disk.image.bytes.length);
    }

    private static Object resize(TestDisk disk, long sizeBytes) {
        Map<?, ?> request = (Map<?, ?>) ResizeCommand.request(0, sizeBytes);
        Object body = request.get(ResizeCommand.TAG);
        assertEquals(true, disk.device.accepts(ResizeCommand.TAG, body));
        return disk.device.execute(ResizeCommand.TAG, body).toCompletableFuture().join();
    }

    /// Random requests, good and bad, in random pieces, against a disk that is an array.
    @Property(tries = 200)
    void behavesAsAnArray(@ForAll Random random) {
        TestDisk tested = new TestDisk(SECTORS * 512);
        byte[] model = new byte[SECTORS * 512];
        for (int step = 0; step < 50; step++) {
            int sector = random.nextInt(SECTORS + 4);
            int sectors = random.nextInt(8);
            int[] cuts = random.ints(random.nextInt(6), 0, 600).toArray();
            boolean inside = sector + sectors <= SECTORS;
            byte[] data = new byte[sectors * 512];
            TestQueue.Chain chain = switch (random.nextInt(3)) {
                case 0 -> {
                    TestQueue.Chain read = tested.send(TestDisk.request(0, sector), data.length + 1, cuts);
                    if (inside) {
                        assertArrayEquals(
                                Arrays.copyOfRange(model, sector * 512, sector * 512 + data.length), Arrays.copyOf(read.in, data.length));
                    }
                    yield read;
                }
                case 1 -> {
                    random.nextBytes(data);
                    if (inside) {
                        System.arraycopy(data, 0, model, sector * 512, data.length);
                    }
                    yield tested.send(TestDisk.request(1, sector, data), 1, cuts);
                }
                default -> {
                    if (inside) {
                        Arrays.fill(model, sector * 512, (sector + sectors) * 512, (byte) 0);
                    }
                    yield tested.send(TestDisk.request(13, 0, TestDisk.ranges(sector, sectors, 0)), 1, cuts);
                }
            };
            assertEquals(inside ? OK : IO_ERROR, chain.status());
        }
        assertArrayEquals(model, tested.image.bytes);
    }
}
