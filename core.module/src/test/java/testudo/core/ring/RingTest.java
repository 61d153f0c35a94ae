package testudo.core.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.AllocatedBytes;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;

/// Both ring formats against a driver of good faith, by one thread and by two.
class RingTest {
    private static final long GPA = 0x10_0000;

    private final GuestRam ram = new GuestRam(GPA, 8 << 20);
    private final GuestDeviceMemory memory = new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {});
    private final DescriptorChain chain = new DescriptorChain();

    @AfterEach
    void release() {
        ram.close();
    }

    private FakeDriver driver(boolean packed, int size, boolean eventIdx) {
        return packed ? new PackedDriver(ram, size, eventIdx) : new SplitDriver(ram, size, eventIdx);
    }

    private RingQueue queue(FakeDriver driver, boolean packed, boolean eventIdx) {
        long features = VirtioFeature.INDIRECT_DESC
                | (packed ? VirtioFeature.RING_PACKED : 0)
                | (eventIdx ? VirtioFeature.EVENT_IDX : 0);
        return RingQueue.create(
                new QueueConfig(
                        0, driver.size(), driver.descriptors(), driver.driverArea(), driver.deviceArea(), features),
                memory);
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void carriesChainsOfAnyLengthThroughManyRounds(boolean packed, boolean eventIdx) {
        FakeDriver driver = driver(packed, 8, eventIdx);
        RingQueue queue = queue(driver, packed, eventIdx);
        long buffer = ram.allocate(4096, 16);
        SplittableRandom random = new SplittableRandom(7);

        for (int i = 0; i < 100_000; i++) {
            int readable = random.nextInt(4);
            int writable = random.nextInt(4) + (readable == 0 ? 1 : 0);
            driver.begin();
            for (int k = 0; k < readable; k++) {
                driver.readable(buffer + k, k + 1);
            }
            for (int k = 0; k < writable; k++) {
                driver.writable(buffer + 64 + k, k + 1);
            }
            int id = driver.offer();
            assertTrue(id >= 0);
            assertTrue(queue.next(chain));
            assertEquals(readable * (readable + 1) / 2, chain.readable().sizeBytes());
            assertEquals(writable * (writable + 1) / 2, chain.writable().sizeBytes());
            queue.complete(chain, writable);
            queue.publish();
            assertEquals(id, driver.poll());
            assertEquals(writable == 0 ? 0 : writable, driver.usedBytes());
            assertFalse(queue.next(chain));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void carriesIndirectTables(boolean packed) {
        FakeDriver driver = driver(packed, 16, true);
        RingQueue queue = queue(driver, packed, true);
        long buffer = ram.allocate(4096, 16);
        long table = ram.allocate(4096, 16);
        for (int i = 0; i < 100; i++) {
            driver.begin();
            for (int k = 0; k < 5; k++) {
                driver.readable(buffer, 3);
            }
            driver.writable(buffer, 7);
            int id = driver.offerIndirect(table);

            assertTrue(queue.next(chain));
            assertEquals(15, chain.readable().sizeBytes());
            assertEquals(7, chain.writable().sizeBytes());
            queue.complete(chain, 7);
            queue.publish();
            assertEquals(id, driver.poll());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void completesOutOfOrder(boolean packed) {
        FakeDriver driver = driver(packed, 8, true);
        RingQueue queue = queue(driver, packed, true);
        long buffer = ram.allocate(64, 16);
        DescriptorChain[] chains = {new DescriptorChain(), new DescriptorChain(), new DescriptorChain()};
        for (int round = 0; round < 1000; round++) {
            int[] ids = new int[3];
            for (int i = 0; i < 3; i++) {
                driver.begin();
                driver.readable(buffer, 1);
                driver.writable(buffer, 1);
                ids[i] = driver.offer();
                assertTrue(queue.next(chains[i]));
            }
            int[] order = {2, 0, 1};
            for (int i : order) {
                queue.complete(chains[i], 1);
            }
            queue.publish();
            for (int i : order) {
                assertEquals(ids[i], driver.poll());
            }
            assertEquals(-1, driver.poll());
        }
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void interruptsOnlyWhenTheDriverWants(boolean packed, boolean eventIdx) {
        FakeDriver driver = driver(packed, 8, eventIdx);
        RingQueue queue = queue(driver, packed, eventIdx);
        long buffer = ram.allocate(64, 16);
        for (int i = 0; i < 50; i++) {
            driver.refuseInterrupts();
            assertFalse(serveOne(driver, queue, buffer), "refused, round " + i);
            driver.wantInterrupt();
            assertTrue(serveOne(driver, queue, buffer), "wanted, round " + i);
        }
        assertFalse(queue.publish(), "nothing to publish");
    }

    private boolean serveOne(FakeDriver driver, RingQueue queue, long buffer) {
        driver.begin();
        driver.writable(buffer, 8);
        driver.offer();
        assertTrue(queue.next(chain));
        queue.complete(chain, 8);
        boolean interrupt = queue.publish();
        assertTrue(driver.poll() >= 0);
        return interrupt;
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void asksForANotificationOnceItIsEmpty(boolean packed, boolean eventIdx) {
        FakeDriver driver = driver(packed, 8, eventIdx);
        RingQueue queue = queue(driver, packed, eventIdx);
        long buffer = ram.allocate(64, 16);
        for (int i = 0; i < 50; i++) {
            assertFalse(queue.next(chain));
            driver.begin();
            driver.writable(buffer, 8);
            driver.offer();
            assertTrue(driver.kickDue(), "the queue was empty, round " + i);
            assertTrue(queue.next(chain));
            queue.complete(chain, 0);
            queue.publish();
            driver.poll();
            driver.begin();
            driver.writable(buffer, 8);
            driver.offer();
            assertFalse(driver.kickDue(), "the device is still looking, round " + i);
            assertTrue(queue.next(chain));
            queue.complete(chain, 0);
            queue.publish();
            driver.poll();
        }
    }

    @Test
    void splitsABufferThatCrossesRegions() {
        ram.addRegion(ram.end(), 64 << 10);
        FakeDriver driver = driver(false, 8, true);
        RingQueue queue = queue(driver, false, true);
        driver.begin();
        driver.readable(ram.end() - 10_000, 20_000);
        driver.offer();

        assertTrue(queue.next(chain));

        assertEquals(20_000, chain.readable().sizeBytes());
        assertEquals(2, chain.readable().count(), "one piece for each region");
    }

    @Test
    void completingTwiceIsABugOfTheDevice() {
        FakeDriver driver = driver(false, 8, true);
        RingQueue queue = queue(driver, false, true);
        driver.begin();
        driver.writable(GPA, 8);
        driver.offer();
        queue.next(chain);
        queue.complete(chain, 0);

        assertThrows(IllegalStateException.class, () -> queue.complete(chain, 0));
    }

    @Test
    void claimsNoMoreBytesThanThereWasRoomFor() {
        FakeDriver driver = driver(false, 8, true);
        RingQueue queue = queue(driver, false, true);
        driver.begin();
        driver.writable(ram.allocate(64, 16), 8);
        driver.offer();
        queue.next(chain);
        queue.complete(chain, 4096);
        queue.publish();
        driver.poll();

        assertEquals(8, driver.usedBytes());
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void servesAMillionChainsWithoutAllocating(boolean packed, boolean eventIdx) {
        FakeDriver driver = driver(packed, 256, eventIdx);
        RingQueue queue = queue(driver, packed, eventIdx);
        long buffer = ram.allocate(64, 16);
        assertEquals(0, AllocatedBytes.of(() -> serve(driver, queue, buffer, 1_000_000)));
    }

    private void serve(FakeDriver driver, RingQueue queue, long buffer, int chains) {
        for (int i = 0; i < chains; i++) {
            driver.begin();
            driver.readable(buffer, 16);
            driver.writable(buffer + 16, 16);
            driver.offer();
            if (!queue.next(chain)) {
                throw new AssertionError("chain " + i + " is missing");
            }
            queue.complete(chain, 16);
            queue.publish();
            if (driver.poll() < 0) {
                throw new AssertionError("chain " + i + " was not used");
            }
        }
    }

    /// Driver and device in threads of their own; each sleeps in `take` until the other's notification, so that a notification
    /// that suppression wrongly swallows ends in a stand-still, which the test's time limit reports.
    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    @org.junit.jupiter.api.Timeout(120)
    void twoThreadsNeverMissANotification(boolean packed, boolean eventIdx) throws InterruptedException {
        FakeDriver driver = driver(packed, 8, eventIdx);
        RingQueue queue = queue(driver, packed, eventIdx);
        long buffer = ram.allocate(64, 16);
        int chains = 200_000;
        Bell kick = new Bell();
        Bell interrupt = new Bell();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread device = Thread.ofPlatform().daemon().start(() -> {
            try {
                int served = 0;
                while (served < chains) {
                    kick.take();
                    while (queue.next(chain)) {
                        queue.complete(chain, 1);
                        served++;
                        if (queue.publish()) {
                            interrupt.ring();
                        }
                    }
                }
            } catch (Throwable t) {
                failure.set(t);
                interrupt.ring();
            }
        });

        int offered = 0;
        int taken = 0;
        while (taken < chains && failure.get() == null) {
            while (offered < chains && offerOne(driver, buffer)) {
                offered++;
                if (driver.kickDue()) {
                    kick.ring();
                }
            }
            driver.wantInterrupt();
            int before = taken;
            while (driver.poll() >= 0) {
                taken++;
            }
            if (taken == before) {
                interrupt.take();
            }
        }
        kick.ring();
        device.join();

        assertEquals(null, failure.get());
        assertEquals(chains, taken);
    }

    private static boolean offerOne(FakeDriver driver, long buffer) {
        driver.begin();
        driver.readable(buffer, 1);
        driver.writable(buffer + 8, 1);
        return driver.offer() >= 0;
    }

    /// A counting event.
    private static final class Bell {
        private final AtomicInteger rung = new AtomicInteger();

        void ring() {
            if (rung.getAndIncrement() == 0) {
                synchronized (this) {
                    notifyAll();
                }
            }
        }

        void take() throws InterruptedException {
            synchronized (this) {
                while (rung.get() == 0) {
                    wait();
                }
            }
            rung.set(0);
        }
    }

    @Test
    void rejectsAQueueThatIsNotInMemory() {
        assertThrows(QueueFault.class, () -> RingQueue.create(new QueueConfig(0, 8, 0, 0, 0, 0), memory));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aQueueThatPromisedOrderRefusesAnyOther(boolean packed) {
        FakeDriver driver = driver(packed, 8, true);
        long features = VirtioFeature.IN_ORDER | (packed ? VirtioFeature.RING_PACKED : 0);
        RingQueue queue = RingQueue.create(
                new QueueConfig(0, 8, driver.descriptors(), driver.driverArea(), driver.deviceArea(), features), memory);
        long buffer = ram.allocate(64, 16);
        DescriptorChain second = new DescriptorChain();
        for (int round = 0; round < 20; round++) { // the promise holds around the ring
            for (int i = 0; i < 2; i++) {
                driver.begin();
                driver.writable(buffer, 4);
                driver.offer();
            }
            assertTrue(queue.next(chain));
            assertTrue(queue.next(second));
            assertThrows(IllegalStateException.class, () -> queue.complete(second, 0));
            queue.complete(chain, 4);
            queue.complete(second, 4);
            queue.publish();
            assertTrue(driver.poll() >= 0);
            assertTrue(driver.poll() >= 0);
        }
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void aFreshQueueGoesOnAtAPosition(boolean packed, boolean eventIdx) {
        FakeDriver driver = driver(packed, 8, eventIdx);
        long features = (packed ? VirtioFeature.RING_PACKED : 0) | (eventIdx ? VirtioFeature.EVENT_IDX : 0);
        QueueConfig config = new QueueConfig(0, 8, driver.descriptors(), driver.driverArea(), driver.deviceArea(), features);
        RingQueue queue = RingQueue.create(config, memory);
        long buffer = ram.allocate(64, 16);
        for (int i = 0; i < 70_000; i++) { // the indexes of a split ring wrap, too
            driver.begin();
            driver.writable(buffer, 4);
            int id = driver.offer();
            assertTrue(driver.kickDue(), "a queue that was found empty asks for notifications, also a fresh one");
            assertTrue(queue.next(chain));
            RingQueue busy = queue;
            assertThrows(IllegalStateException.class, busy::position);
            queue.complete(chain, 4);
            queue.publish();
            assertEquals(id, driver.poll());
            if (i % 3 == 0) {
                queue = RingQueue.create(config, memory, queue.position());
            }
            assertFalse(queue.next(chain));
        }
    }
}
