package testudo.testing.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.testing.driver.AllocatedBytes;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.SplitDriver;

/// What every virtio device does, whatever its type. Extend it in the tests of a device plugin.
///
/// A subclass makes the device, and describes one request that the device completes without outside help: [#requestQueue()],
/// [#writeRequest], [#replyBytes()].
public abstract class VirtioDeviceContract extends TransportContract {
    private static final int CHAINS = 200_000;

    /// For subclasses.
    protected VirtioDeviceContract() {}

    @Test
    void traitsAreConstantAndInRange() {
        try (DeviceBench bench = bench()) {
            VirtioTraits traits = bench.device().traits();

            assertEquals(traits, bench.device().traits());
            assertTrue(traits.typeId() > 0, "type id");
            assertFalse(traits.queueSizes().isEmpty(), "a device has a queue");
            for (int size : traits.queueSizes()) {
                assertTrue(size > 0 && size <= 32_768 && Integer.bitCount(size) == 1, "queue size " + size);
            }
            long reserved = 0x0003_FFFF_FF00_0000L & ~VirtioFeature.IN_ORDER;
            assertEquals(0, traits.features() & reserved, "feature bits 24 to 49 belong to rings and transports");
            assertTrue(traits.configSizeBytes() >= 0 && traits.configSizeBytes() <= 4096, "configuration size");
            assertTrue(traits.loops() > 0, "loops");
        }
    }

    @Test
    void completesEveryChainOfASplitQueue() {
        completesEveryChain(0);
    }

    @Test
    void completesEveryChainOfAPackedQueue() {
        completesEveryChain(VirtioFeature.RING_PACKED);
    }

    private void completesEveryChain(long ringFeatures) {
        try (DeviceBench bench = bench()) {
            bench.start(bench.device().traits().features() | ringFeatures, SMALL_QUEUE);
            long request = requestRoom(bench);
            long reply = replyRoom(bench);
            FakeDriver driver = bench.driver(requestQueue());

            for (int i = 0; i < 5 * driver.size(); i++) {
                int id = offerRequest(bench, request, reply);
                bench.kick(requestQueue());
                bench.run();
                assertEquals(id, driver.poll(), "chain " + i);
                assertTrue(driver.usedBytes() <= replyBytes(), "claims more bytes than there was room for");
            }
            assertFalse(bench.needsReset());
        }
    }

    @Test
    void completesAFullQueue() {
        try (DeviceBench bench = bench().start()) {
            long request = requestRoom(bench);
            long reply = replyRoom(bench);
            int offered = 0;
            while (offerRequest(bench, request, reply) >= 0) {
                offered++;
            }

            bench.kick(requestQueue());
            bench.run();

            assertEquals(offered, drain(bench.driver(requestQueue())));
        }
    }

    @Test
    void oddChainsNeverThrow() {
        try (DeviceBench bench = bench().start()) {
            long room = bench.ram().allocate(1 << 16, 16);
            for (int queue = 0; queue < bench.device().traits().queueSizes().size(); queue++) {
                FakeDriver driver = bench.driver(queue);
                int[] lengths = {0, 1, 3, 7, 15, 17, 511, 4097};
                for (int length : lengths) {
                    for (int shape = 0; shape < 4 && driver.size() >= 4; shape++) {
                        driver.begin();
                        driver.readable(room, (shape & 1) != 0 ? length : 0);
                        driver.readable(room, 0);
                        driver.writable(room + 8192, (shape & 2) != 0 ? length : 0);
                        driver.offer();
                        bench.kick(queue);
                        bench.run();
                        drain(driver);
                    }
                }
            }
            assertTrue(bench.context().events().isEmpty(), "the guest's chains must not stop the machine");
        }
    }

    @Test
    void descriptorLoopNeedsReset() {
        try (DeviceBench bench = bench().start()) {
            SplitDriver driver = (SplitDriver) bench.driver(requestQueue());
            long room = bench.ram().allocate(4096, 16);
            driver.writeDescriptor(0, room, 16, FakeDriver.NEXT, 1);
            driver.writeDescriptor(1, room, 16, FakeDriver.NEXT, 0);
            driver.writeAvailable(0, 0);
            driver.writeAvailableIndex(1);

            bench.kick(requestQueue());
            bench.run();
            assertTrue(bench.needsReset(), "a loop of descriptors is a fault");

            bench.reset();
            bench.start();
            long request = requestRoom(bench);
            int id = offerRequest(bench, request, replyRoom(bench));
            bench.kick(requestQueue());
            bench.run();
            assertEquals(id, bench.driver(requestQueue()).poll(), "works again after the reset");
        }
    }

    @Test
    void quiesceAndResetLoseNoChain() {
        try (DeviceBench bench = bench().start()) {
            for (int round = 0; round < 3; round++) {
                long request = requestRoom(bench);
                int id = offerRequest(bench, request, replyRoom(bench));
                bench.kick(requestQueue());
                bench.quiesce();
                assertEquals(id, bench.driver(requestQueue()).poll(), "quiesce finishes what was taken");
                bench.reset();
                bench.start();
            }
        }
    }

    @Test
    void servesAgainAfterQuiescingWithoutAReset() {
        try (DeviceBench bench = bench().start()) {
            for (int round = 0; round < 3; round++) {
                int id = offerRequest(bench, requestRoom(bench), replyRoom(bench));
                bench.kick(requestQueue());
                bench.run();
                assertEquals(id, bench.driver(requestQueue()).poll(), "round " + round);
                bench.quiesce();
                bench.start();
            }
        }
    }

    @Test
    void closesTwiceAndWithoutActivation() {
        try (DeviceBench bench = bench()) {
            bench.device().close();
            bench.device().close();
        }
    }

    @Test
    void configurationSpaceAnswersEveryAccessInRange() {
        try (DeviceBench bench = bench()) {
            VirtioDevice device = bench.device();
            int size = device.traits().configSizeBytes();
            for (int round = 0; round < 2; round++) {
                for (int bytes = 1; bytes <= 8; bytes *= 2) {
                    for (int offset = 0; offset + bytes <= size; offset++) {
                        device.readConfig(offset, bytes);
                        device.writeConfig(offset, bytes, -1L >>> (64 - 8 * bytes));
                        device.writeConfig(offset, bytes, 0);
                    }
                }
                bench.start();
            }
            assertTrue(bench.context().events().isEmpty(), "the guest's configuration must not stop the machine");
        }
    }

    @Test
    void servesChainsWithoutAllocating() {
        if (!servesWithoutAllocating()) {
            return;
        }
        try (DeviceBench bench = bench().start()) {
            long request = requestRoom(bench);
            long reply = replyRoom(bench);
            long allocated = AllocatedBytes.of(() -> serve(bench, CHAINS, request, reply));

            assertEquals(0, allocated, "bytes allocated for " + CHAINS + " chains");
        }
    }

    private void serve(DeviceBench bench, int chains, long request, long reply) {
        FakeDriver driver = bench.driver(requestQueue());
        int queue = requestQueue();
        for (int i = 0; i < chains; i++) {
            offerRequest(bench, request, reply);
            bench.kick(queue);
            if (driver.poll() < 0) {
                bench.run();
                if (driver.poll() < 0) {
                    throw new AssertionError("chain " + i + " was not completed");
                }
            }
        }
    }

    @Test
    void hostileRingsEndInAResetAtWorst() {
        long seed = Long.getLong("testudo.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        try (DeviceBench bench = bench()) {
            for (int round = 0; round < FUZZ_ROUNDS; round++) {
                if (round % 50 == 0) {
                    bench.reset();
                }
                bench.start(bench.device().traits().features(), 8);
                for (int queue = 0; queue < bench.device().traits().queueSizes().size(); queue++) {
                    scribble(bench, (SplitDriver) bench.driver(queue), random);
                    bench.kick(queue);
                }
                bench.run();
                bench.reset();
            }
            assertTrue(bench.context().events().isEmpty(), "seed " + seed + ": the machine was stopped");
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed + ": a guest's ring made the device throw", e);
        }
    }

    private static void scribble(DeviceBench bench, SplitDriver driver, SplittableRandom random) {
        long ram = bench.ram().gpa();
        for (int slot = 0; slot < driver.size(); slot++) {
            long address = random.nextInt(8) == 0 ? random.nextLong() : ram + random.nextLong(1 << 20);
            int length = random.nextInt(16) == 0 ? random.nextInt() : random.nextInt(8192);
            int flags = random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(4);
            int next = random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(driver.size());
            // Keep the rings themselves out of reach, or the test would fight itself for the indexes.
            driver.writeDescriptor(slot, address + (1 << 25), length, flags, next);
            driver.writeAvailable(slot, random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(driver.size()));
        }
        driver.writeAvailableIndex(random.nextInt(12) == 0 ? random.nextInt() : random.nextInt(driver.size() + 1));
    }
}
