package testudo.testing.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.Snapshottable;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.testing.driver.AllocatedBytes;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.SplitDriver;
import testudo.testing.driver.VirtioDriver;

/// What every virtio device does, whatever its type. Extend it in the tests of a device plugin.
///
/// A subclass makes the device, and describes one request that the device completes without outside help: [#requestQueue()],
/// [#writeRequest], [#replyBytes()].
public abstract class VirtioDeviceContract {
    private static final int CHAINS = 200_000;
    private static final int FUZZ_ROUNDS = 300;
    private static final int SMALL_QUEUE = 64;

    /// For subclasses.
    protected VirtioDeviceContract() {}

    /// Makes the device.
    /// @param context what it lives in
    /// @return a new device; the contract closes it
    protected abstract VirtioDevice create(DeviceContext context);

    /// Makes the context, with the disks or serial ports that the device needs.
    /// @return a new context
    protected TestContext newContext() {
        return new TestContext();
    }

    /// The queue that takes requests which complete at once.
    /// @return its index
    protected int requestQueue() {
        return 0;
    }

    /// How many bytes a request has that the device reads.
    /// @return 0 for a device that only writes
    protected int requestBytes() {
        return 0;
    }

    /// Writes the readable part of a request.
    /// @param ram takes the bytes
    /// @param address where, [#requestBytes()] long
    protected void writeRequest(GuestRam ram, long address) {}

    /// How many bytes the device may write for a request.
    /// @return 0 for a device that only reads
    protected int replyBytes() {
        return 64;
    }

    /// Whether serving a request is free of allocation. Devices with a slow path through other threads say no.
    /// @return true when the contract measures it
    protected boolean servesWithoutAllocating() {
        return true;
    }

    private DeviceBench bench() {
        return new DeviceBench(newContext(), this::create);
    }

    private int offerRequest(DeviceBench bench, long request, long reply) {
        return offerRequest(bench.driver(requestQueue()), request, reply);
    }

    private int offerRequest(FakeDriver driver, long request, long reply) {
        driver.begin();
        if (requestBytes() > 0) {
            driver.readable(request, requestBytes());
        }
        if (replyBytes() > 0) {
            driver.writable(reply, replyBytes());
        }
        return driver.offer();
    }

    private long requestRoom(DeviceBench bench) {
        return requestRoom(bench.ram());
    }

    private long requestRoom(GuestRam ram) {
        long at = ram.allocate(Math.max(1, requestBytes()), 16);
        if (requestBytes() > 0) {
            writeRequest(ram, at);
        }
        return at;
    }

    private long replyRoom(DeviceBench bench) {
        return replyRoom(bench.ram());
    }

    private long replyRoom(GuestRam ram) {
        return ram.allocate(Math.max(1, replyBytes()), 16);
    }

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

    private List<Long> ringKinds() {
        try (DeviceBench bench = bench()) {
            VirtioTraits traits = bench.device().traits();
            List<Long> kinds = new ArrayList<>(List.of(0L, VirtioFeature.EVENT_IDX));
            if (traits.packedRing()) {
                kinds.add(VirtioFeature.RING_PACKED | VirtioFeature.EVENT_IDX);
            }
            if ((traits.features() & VirtioFeature.IN_ORDER) != 0) {
                kinds.add(VirtioFeature.IN_ORDER | VirtioFeature.EVENT_IDX);
                kinds.add(VirtioFeature.IN_ORDER | (traits.packedRing() ? VirtioFeature.RING_PACKED : 0));
            }
            return kinds;
        }
    }

    /// Saving is an ability that a device has or not.
    private boolean canBeSaved() {
        try (DeviceBench bench = bench()) {
            return bench.device() instanceof Snapshottable;
        }
    }

    private static long accept(long ringKind) {
        return ~(VirtioFeature.EVENT_IDX | VirtioFeature.RING_PACKED | VirtioFeature.IN_ORDER) | ringKind;
    }

    /// Offers chains in batches and waits for them.
    private void exchange(TransportBench bench, int chains, String what) {
        long request = requestRoom(bench.ram());
        long reply = replyRoom(bench.ram());
        FakeDriver queue = bench.queue(requestQueue());
        for (int i = 0; i < chains;) {
            int batch = 0;
            while (batch < 7 && i + batch < chains && offerRequest(queue, request, reply) >= 0) {
                batch++;
            }
            if (queue.kickDue()) {
                bench.driver().notifyQueue(requestQueue());
            }
            for (int done = 0; done < batch; done++) {
                bench.await(requestQueue());
            }
            i += batch;
        }
        assertEquals(0, bench.driver().status() & VirtioDriver.NEEDS_RESET, what);
    }

    @ParameterizedTest
    @EnumSource
    void servesEveryKindOfRingOverEachTransport(TransportBench.Transport transport) {
        for (long kind : ringKinds()) {
            try (TransportBench bench = new TransportBench(transport, newContext(), this::create)) {
                for (int round = 0; round < 3; round++) { // each begins with a reset
                    bench.start(accept(kind), SMALL_QUEUE);
                    exchange(bench, 3 * SMALL_QUEUE, transport + " features 0x" + Long.toHexString(kind));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFreshDeviceGoesOnWhereASavedOneStopped(TransportBench.Transport transport) {
        if (!canBeSaved()) {
            return;
        }
        for (long kind : ringKinds()) {
            TransportBench bench = new TransportBench(transport, newContext(), this::create);
            try {
                bench.start(accept(kind), SMALL_QUEUE);
                for (int move = 0; move < 4; move++) {
                    exchange(bench, 29, "before move " + move);
                    // In mid-traffic: the device may or may not have taken these when it is stopped.
                    long request = requestRoom(bench.ram());
                    long reply = replyRoom(bench.ram());
                    int offered = 0;
                    while (offered < 20 && offerRequest(bench.queue(requestQueue()), request, reply) >= 0) {
                        offered++;
                    }
                    if (bench.queue(requestQueue()).kickDue() && move % 2 == 0) {
                        bench.driver().notifyQueue(requestQueue());
                    }
                    bench = bench.move(newContext(), this::create);
                    for (int i = 0; i < offered; i++) {
                        bench.await(requestQueue());
                    }
                }
                exchange(bench, 3 * SMALL_QUEUE, "after the last move");
                bench.start(accept(kind), SMALL_QUEUE);
                exchange(bench, SMALL_QUEUE, "after a reset");
            } finally {
                bench.close();
            }
        }
    }

    @Test
    void damagedStateIsRefusedAndTheDeviceWorks() {
        if (!canBeSaved()) {
            return;
        }
        try (TransportBench from = new TransportBench(TransportBench.Transport.MMIO, newContext(), this::create)) {
            from.start(-1, SMALL_QUEUE);
            exchange(from, 5, "before");
            from.host().quiesce();
            byte[] state = from.host().save();
            try (TransportBench to = new TransportBench(TransportBench.Transport.MMIO, newContext(), this::create)) {
                for (int length = 0; length < state.length; length++) {
                    byte[] damaged = Arrays.copyOf(state, length);
                    assertThrows(VmmException.Config.class, () -> to.host().restore(damaged), "length " + length);
                }
                byte[] longer = Arrays.copyOf(state, state.length + 1);
                assertThrows(VmmException.Config.class, () -> to.host().restore(longer));
                SplittableRandom random = new SplittableRandom(11);
                for (int round = 0; round < FUZZ_ROUNDS; round++) {
                    byte[] scribbled = state.clone();
                    scribbled[random.nextInt(state.length)] ^= (byte) (1 << random.nextInt(8));
                    try {
                        to.host().restore(scribbled);
                        to.host().resume(); // its rings may be anywhere: the device stops at worst
                    } catch (VmmException.Config _) {
                        // refused
                    }
                }
                to.start(-1, SMALL_QUEUE);
                exchange(to, 5, "after damaged states");
                assertTrue(to.context().events().isEmpty(), "a damaged state must not stop the machine");
            }
            from.host().resume();
            exchange(from, 5, "resumed");
        }
    }

    private static int drain(FakeDriver driver) {
        int taken = 0;
        while (driver.poll() >= 0) {
            taken++;
        }
        return taken;
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
