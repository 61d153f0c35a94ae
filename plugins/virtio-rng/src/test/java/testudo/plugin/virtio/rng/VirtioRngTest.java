package testudo.plugin.virtio.rng;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.host.EntropySource;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.option.Configuration;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.Virtqueue;
import testudo.testing.driver.FakeDriver;
import testudo.testing.tck.DeviceBench;
import testudo.testing.tck.TestContext;

/// What the entropy device gives, and how much at once.
class VirtioRngTest {
    private static final byte UNTOUCHED = 0x55;

    /// 1, 2, 3 and so on: every byte tells which it is.
    private final EntropySource counting = new EntropySource() {
        private int next = 1;

        @Override
        public void fill(MemorySegment to, long offset, long lengthBytes) {
            for (long i = 0; i < lengthBytes; i++) {
                to.set(ValueLayout.JAVA_BYTE, offset + i, (byte) next++);
            }
        }
    };

    private DeviceBench bench() {
        return new DeviceBench(new TestContext(), context -> new VirtioRng(counting, context.loop())).start();
    }

    private static long room(DeviceBench bench, long sizeBytes) {
        long at = bench.ram().allocate(sizeBytes, 1);
        bench.ram().bytes().asSlice(at - bench.ram().gpa(), sizeBytes).fill(UNTOUCHED);
        return at;
    }

    private static int byteAt(DeviceBench bench, long address) {
        return bench.ram().bytes().get(ValueLayout.JAVA_BYTE, address - bench.ram().gpa());
    }

    @Test
    void fillsEveryPieceOnce() {
        try (DeviceBench bench = bench()) {
            long at = room(bench, 100);
            FakeDriver driver = bench.driver(0);
            driver.begin();
            driver.readable(at, 10);
            driver.writable(at + 20, 1);
            driver.writable(at + 30, 0);
            driver.writable(at + 40, 7);
            int id = driver.offer();

            bench.kick(0);

            assertEquals(id, driver.poll());
            assertEquals(8, driver.usedBytes());
            assertEquals(1, byteAt(bench, at + 20));
            assertEquals(UNTOUCHED, byteAt(bench, at + 21));
            assertEquals(UNTOUCHED, byteAt(bench, at), "what the device reads is not written");
            for (int i = 0; i < 7; i++) {
                assertEquals(2 + i, byteAt(bench, at + 40 + i));
            }
        }
    }

    @Test
    void givesAtMost64KibibytesForARequest() {
        try (DeviceBench bench = bench()) {
            long at = room(bench, 200_000);
            FakeDriver driver = bench.driver(0);
            driver.begin();
            driver.writable(at, 50_000);
            driver.writable(at + 50_000, 150_000);
            driver.offer();

            bench.kick(0);

            driver.poll();
            assertEquals(VirtioRng.MAX_REQUEST_BYTES, driver.usedBytes());
            assertEquals((byte) VirtioRng.MAX_REQUEST_BYTES, byteAt(bench, at + VirtioRng.MAX_REQUEST_BYTES - 1));
            assertEquals(UNTOUCHED, byteAt(bench, at + VirtioRng.MAX_REQUEST_BYTES));
        }
    }

    @Test
    void requestWithoutRoomIsGivenBack() {
        try (DeviceBench bench = bench()) {
            FakeDriver driver = bench.driver(0);
            driver.begin();
            driver.readable(room(bench, 64), 64);
            int id = driver.offer();

            bench.kick(0);

            assertEquals(id, driver.poll());
            assertEquals(0, driver.usedBytes());
        }
    }

    @Test
    void oneTurnServesAQueueFullAndQuiescingEndsTheNextOne() {
        TestContext context = new TestContext();
        EndlessQueue queue = new EndlessQueue();
        try (VirtioRng rng = new VirtioRng(counting, context.loop())) {
            rng.activate(queue);
            rng.onKick(0);
            assertEquals(EndlessQueue.SIZE, queue.served);
            context.loop().runOnce();
            assertEquals(2 * EndlessQueue.SIZE, queue.served);

            rng.quiesce();
            context.loop().runUntilIdle(2);
            assertEquals(2 * EndlessQueue.SIZE, queue.served);

            rng.reset();
            rng.activate(queue);
            rng.onKick(0);
            assertEquals(3 * EndlessQueue.SIZE, queue.served);
        }
    }

    @Test
    void everyMachineHasOneUnlessTheUserSaysNo() {
        RngProvider provider = new RngProvider();
        Configuration none = new ConfigurationBuilder(provider.options()).build();
        Configuration without = new ConfigurationBuilder(provider.options()).text(RngProvider.NO_RNG, "true").build();
        TestContext context = new TestContext();
        assertEquals(1, provider.devices(none, context.facts()).size());
        assertEquals(List.of(), provider.devices(without, context.facts()));
    }

    /// A driver that makes a chain available for each one that is used.
    private static final class EndlessQueue implements Virtqueue, VirtioActivation {
        private static final int SIZE = 4;
        private int served;

        @Override
        public int index() {
            return 0;
        }

        @Override
        public int size() {
            return SIZE;
        }

        @Override
        public boolean enabled() {
            return true;
        }

        @Override
        public boolean next(DescriptorChain chain) {
            chain.clear();
            chain.fill(0, 1);
            return true;
        }

        @Override
        public void complete(DescriptorChain chain, long writtenBytes) {
            served++;
        }

        @Override
        public long features() {
            return 0;
        }

        @Override
        public Virtqueue queue(int index) {
            return this;
        }

        @Override
        public DeviceMemory memory() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void raiseConfig() {
            throw new UnsupportedOperationException();
        }
    }
}
