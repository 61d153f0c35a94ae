package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFiles.RingKind;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// What the driver may take for durable is: writes that were answered before an answered flush was sent, or every answered write when
/// the driver knows no flush (VIRTIO 1.3, 5.2.6.2 "Device Requirements: Device Operation").
class DurabilityTest {
    private static final int SECTORS = 64;
    private static final int SECTOR = 512;
    private static final int WORDS = SECTOR / Long.BYTES;
    private static final int REQUESTS = 2000;
    private static final int WRITE = 1;
    private static final int FLUSH = 4;

    @Test
    void flushReachesTheFileAfterTheWritesBeforeIt() {
        Session session = new Session(false);
        session.run(0);
        assertTrue(session.flushes() > 0);
    }

    @Test
    void answeredWriteIsDurableForADriverWithoutFlush() {
        new Session(false).run(BlockDevice.FLUSH);
    }

    /// The control: with a host that drops flushes the checks above fail.
    @ParameterizedTest
    @ValueSource(longs = {0, BlockDevice.FLUSH})
    void droppedFlushIsNoticed(long withoutFeatures) {
        assertThrows(AssertionError.class, () -> new Session(true).run(withoutFeatures));
    }

    /// A driver with requests under way, and what it may rely on.
    private static final class Session {
        private final long seed = Long.getLong("testudo.seed", System.nanoTime());
        private final Random random = new Random(seed);
        private final TestContext context = new TestContext();
        private final VolatileDisk host;
        private final DeviceBench bench;
        /// The last value of each sector whose write was answered, and of the one under way.
        private final long[] answered = new long[SECTORS];
        private final long[] writing = new long[SECTORS];
        private final Map<Integer, Sent> underWay = new HashMap<>();
        private final List<Long> places = new ArrayList<>();
        private boolean writeThrough;
        private long value;

        /// A request under way: a write of a sector, or a flush that covers what was answered when it was sent.
        private record Sent(long place, int sector, long[] covers) {}

        /// Starts with a disk of zeros.
        Session(boolean dropsFlushes) {
            host = new VolatileDisk(context.host(), SECTORS * WORDS, seed, dropsFlushes);
            bench = new DeviceBench(context, at -> new BlockDevice(
                    TestDisk.options(false, Optional.empty()), 0,
                    host.open(new DiskRequest(Path.of("disk"), false, false, false, RingKind.AUTO)), at));
        }

        private void run(long withoutFeatures) {
            writeThrough = (withoutFeatures & BlockDevice.FLUSH) != 0;
            bench.start(bench.device().traits().features() & ~withoutFeatures, 64);
            for (int i = 0; i < 16; i++) {
                places.add(bench.ram().allocate(1024, 16));
            }
            for (int i = 0; i < REQUESTS; i++) {
                int sector = random.nextInt(SECTORS);
                if (random.nextInt(8) == 0) {
                    send(FLUSH, 0);
                } else if (writing[sector] == 0) {
                    send(WRITE, sector);
                }
                bench.kick(0);
                do {
                    context.loop().runOnce();
                    take();
                } while (places.isEmpty());
            }
            bench.quiesce();
            take();
            assertEquals(Map.of(), underWay);
            bench.close();
        }

        private void send(int type, int sector) {
            long place = places.removeLast();
            long at = place - bench.ram().gpa();
            bench.ram().bytes().set(ValueLayout.JAVA_LONG, at, type);
            bench.ram().bytes().set(ValueLayout.JAVA_LONG, at + 8, sector);
            FakeDriver driver = bench.driver(0);
            driver.begin();
            driver.readable(place, 16);
            if (type == WRITE) {
                writing[sector] = ++value;
                for (int i = 0; i < WORDS; i++) {
                    bench.ram().bytes().set(ValueLayout.JAVA_LONG, at + 16 + 8L * i, value);
                }
                driver.readable(place + 16, SECTOR);
            }
            driver.writable(place + 16 + SECTOR, 1);
            underWay.put(driver.offer(), new Sent(place, type == WRITE ? sector : -1, answered.clone()));
        }

        private void take() {
            for (int id = bench.driver(0).poll(); id >= 0; id = bench.driver(0).poll()) {
                Sent sent = underWay.remove(id);
                places.add(sent.place());
                assertEquals(0, bench.ram().bytes().get(ValueLayout.JAVA_BYTE, sent.place() - bench.ram().gpa() + 16 + SECTOR));
                if (sent.sector() < 0) {
                    for (int sector = 0; sector < SECTORS; sector++) {
                        assertDurable(sector, sent.covers()[sector]);
                    }
                } else {
                    answered[sent.sector()] = writing[sent.sector()];
                    writing[sent.sector()] = 0;
                    assertDurable(sent.sector(), writeThrough ? answered[sent.sector()] : 0);
                }
            }
        }

        private void assertDurable(int sector, long atLeast) {
            for (int i = 0; i < WORDS; i++) {
                assertTrue(host.durable(sector * WORDS + i) >= atLeast, "sector " + sector + " was lost, seed " + seed);
            }
        }

        int flushes() {
            return host.flushes;
        }
    }
}
