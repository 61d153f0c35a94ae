package testudo.core.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;

/// Rings that no driver of good faith would write: each ends in a [QueueFault], and nothing else.
class HostileRingTest {
    private static final int SIZE = 8;
    private static final long GPA = 0x10_0000;
    private static final long TABLE = GPA + 0x8000;
    private static final long BUFFER = GPA + 0x9000;
    private static final int NEXT = FakeDriver.NEXT;
    private static final int WRITE = FakeDriver.WRITE;
    private static final int INDIRECT = FakeDriver.INDIRECT;

    private final GuestRam ram = new GuestRam(GPA, 1 << 20);
    private final GuestDeviceMemory memory = new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {});
    private final DescriptorChain chain = new DescriptorChain();

    @AfterEach
    void release() {
        ram.close();
    }

    private RingQueue queue(FakeDriver driver, long features) {
        return RingQueue.create(
                new QueueConfig(
                        0, driver.size(), driver.descriptors(), driver.driverArea(), driver.deviceArea(), features),
                memory);
    }

    private void tableEntry(int entry, long address, int length, int flags, int next) {
        long at = TABLE - GPA + 16L * entry;
        ram.bytes().set(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, at, address);
        ram.bytes().set(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED, at + 8, length & 0xFFFF_FFFFL | (long) flags << 32
                | (long) next << 48);
    }

    static Stream<Named<Consumer<Case>>> brokenSplitRings() {
        return Stream.of(
                named("head is the queue size", c -> c.offer(SIZE)),
                named("head is 65535", c -> c.offer(0xFFFF)),
                named("index runs ahead by more than the size", c -> c.driver.writeAvailableIndex(SIZE + 1)),
                named("index goes backwards", c -> c.driver.writeAvailableIndex(0xFFFF)),
                named("next is the queue size", c -> c.descriptor(0, BUFFER, 8, NEXT, SIZE).offer(0)),
                named("self loop", c -> c.descriptor(0, BUFFER, 8, NEXT, 0).offer(0)),
                named(
                        "loop of two",
                        c -> c.descriptor(0, BUFFER, 8, NEXT, 1).descriptor(1, BUFFER, 8, NEXT, 0).offer(0)),
                named("loop of empty buffers", c -> c.descriptor(0, BUFFER, 0, NEXT, 0).offer(0)),
                named("address wraps", c -> c.descriptor(0, -8, 16, 0, 0).offer(0)),
                named("address is the last of all", c -> c.descriptor(0, -1, 1, 0, 0).offer(0)),
                named("address is negative", c -> c.descriptor(0, Long.MIN_VALUE, 1, 0, 0).offer(0)),
                named("address in no region", c -> c.descriptor(0, GPA - 1, 1, 0, 0).offer(0)),
                named("last byte outside", c -> c.descriptor(0, GPA + (1 << 20) - 7, 8, 0, 0).offer(0)),
                named("length 0xFFFFFFFF", c -> c.descriptor(0, BUFFER, -1, 0, 0).offer(0)),
                named(
                        "readable behind writable",
                        c -> c.descriptor(0, BUFFER, 8, NEXT | WRITE, 1).descriptor(1, BUFFER, 8, 0, 0).offer(0)),
                named("table of length 0", c -> c.descriptor(0, TABLE, 0, INDIRECT, 0).offer(0)),
                named("ragged table", c -> c.descriptor(0, TABLE, 17, INDIRECT, 0).offer(0)),
                named("table in no region", c -> c.descriptor(0, 16, 16, INDIRECT, 0).offer(0)),
                named("table of 4 GiB", c -> c.descriptor(0, TABLE, -16, INDIRECT, 0).offer(0)),
                named("table with a successor", c -> {
                    c.test.tableEntry(0, BUFFER, 8, 0, 0);
                    c.descriptor(0, TABLE, 16, INDIRECT | NEXT, 1).descriptor(1, BUFFER, 8, 0, 0).offer(0);
                }),
                named("table in a table", c -> {
                    c.test.tableEntry(0, TABLE, 16, INDIRECT, 0);
                    c.descriptor(0, TABLE, 16, INDIRECT, 0).offer(0);
                }),
                named("next outside of the table", c -> {
                    c.test.tableEntry(0, BUFFER, 8, NEXT, 2);
                    c.descriptor(0, TABLE, 32, INDIRECT, 0).offer(0);
                }),
                named("loop in a table", c -> {
                    c.test.tableEntry(0, BUFFER, 8, NEXT, 1);
                    c.test.tableEntry(1, BUFFER, 8, NEXT, 0);
                    c.descriptor(0, TABLE, 32, INDIRECT, 0).offer(0);
                }),
                named("chain in a table longer than the queue", c -> {
                    for (int i = 0; i <= SIZE; i++) {
                        c.test.tableEntry(i, BUFFER, 8, i == SIZE ? 0 : NEXT, i + 1);
                    }
                    c.descriptor(0, TABLE, 16 * (SIZE + 1), INDIRECT, 0).offer(0);
                }));
    }

    private static Named<Consumer<Case>> named(String name, Consumer<Case> test) {
        return Named.of(name, test);
    }

    /// A split ring that is about to be broken.
    private record Case(HostileRingTest test, SplitDriver driver) {
        Case descriptor(int slot, long address, int length, int flags, int next) {
            driver.writeDescriptor(slot, address, length, flags, next);
            return this;
        }

        void offer(int head) {
            driver.writeAvailable(0, head);
            driver.writeAvailableIndex(1);
        }
    }

    @ParameterizedTest
    @MethodSource("brokenSplitRings")
    void faultsOn(Consumer<Case> breakRing) {
        SplitDriver driver = new SplitDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, VirtioFeature.INDIRECT_DESC | VirtioFeature.EVENT_IDX);
        breakRing.accept(new Case(this, driver));

        assertThrows(QueueFault.class, () -> queue.next(chain));
        assertEquals(-1, chain.head(), "no chain was taken");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void faultsOnATotalOf4GiB(boolean writable) {
        int count = 256;
        int length = 16 << 20;
        ram.addRegion(1L << 32, length);
        SplitDriver driver = new SplitDriver(ram, count, true);
        RingQueue queue = queue(driver, 0);
        driver.begin();
        for (int i = 0; i < count; i++) {
            if (writable) {
                driver.writable(1L << 32, length);
            } else {
                driver.readable(1L << 32, length);
            }
        }
        driver.offer();

        assertThrows(QueueFault.class, () -> queue.next(chain));
    }

    @Test
    void faultsOnIndirectWithoutTheFeature() {
        SplitDriver driver = new SplitDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, VirtioFeature.EVENT_IDX);
        tableEntry(0, BUFFER, 8, 0, 0);
        new Case(this, driver).descriptor(0, TABLE, 16, INDIRECT, 0).offer(0);

        assertThrows(QueueFault.class, () -> queue.next(chain));
    }

    @Test
    void faultsOnAHeadThatIsUnderWay() {
        SplitDriver driver = new SplitDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, 0);
        driver.writeDescriptor(0, BUFFER, 8, 0, 0);
        driver.writeAvailable(0, 0);
        driver.writeAvailable(1, 0);
        driver.writeAvailableIndex(2);

        assertTrue(queue.next(chain));
        assertThrows(QueueFault.class, () -> queue.next(new DescriptorChain()));
    }

    @Test
    void emptyBuffersAreLegal() {
        SplitDriver driver = new SplitDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, 0);
        driver.begin();
        driver.readable(0, 0);
        driver.readable(BUFFER, 5);
        driver.writable(-1, 0);
        driver.offer();

        assertTrue(queue.next(chain));
        assertEquals(5, chain.readable().sizeBytes());
        assertEquals(0, chain.writable().sizeBytes());
    }

    @Test
    void laterWritesToDescriptorsHaveNoEffect() {
        SplitDriver driver = new SplitDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, 0);
        driver.begin();
        driver.writable(BUFFER, 5);
        driver.offer();
        assertTrue(queue.next(chain));

        driver.writeDescriptor(0, -1, -1, NEXT, 77);

        assertEquals(5, chain.writable().sizeBytes());
        queue.complete(chain, 5);
        queue.publish();
        assertEquals(0, driver.poll());
    }

    @ParameterizedTest
    @CsvSource({"0", "3", "300", "65536", "-8"})
    void refusesSizesThatNoSplitRingHas(int size) {
        assertThrows(
                QueueFault.class, () -> new SplitQueue(new QueueConfig(0, size, GPA, GPA + 0x1000, GPA + 0x2000, 0), memory));
    }

    @ParameterizedTest
    @CsvSource({"8,0,0", "0,1,0", "0,0,2"})
    void refusesMisalignedRings(int descriptors, int driver, int device) {
        QueueConfig config = new QueueConfig(0, SIZE, GPA + descriptors, GPA + 0x1000 + driver, GPA + 0x2000 + device, 0);

        assertThrows(QueueFault.class, () -> new SplitQueue(config, memory));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -16, GPA + (1 << 20) - 16, Long.MIN_VALUE})
    void refusesRingsOutsideOfMemory(long address) {
        assertThrows(
                QueueFault.class, () -> new SplitQueue(new QueueConfig(0, SIZE, address, GPA, GPA + 0x1000, 0), memory));
        assertThrows(
                QueueFault.class,
                () -> new PackedQueue(new QueueConfig(0, SIZE, address, GPA, GPA + 0x1000, 0), memory));
    }

    @Test
    void packedRingWithTheWrongWrapBitIsEmpty() {
        PackedDriver driver = new PackedDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, VirtioFeature.RING_PACKED);
        driver.writeDescriptor(0, BUFFER, 8, 1 << 15, 0);

        assertFalse(queue.next(chain));
    }

    @Test
    void packedChainAroundTheWholeRingFaults() {
        PackedDriver driver = new PackedDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, VirtioFeature.RING_PACKED);
        for (int i = 0; i < SIZE; i++) {
            driver.writeDescriptor(i, BUFFER, 0, driver.availableFlags() | NEXT, i);
        }

        assertThrows(QueueFault.class, () -> queue.next(chain));
    }

    @Test
    void packedIdThatIsUnderWayFaults() {
        PackedDriver driver = new PackedDriver(ram, SIZE, true);
        RingQueue queue = queue(driver, VirtioFeature.RING_PACKED);
        driver.writeDescriptor(0, BUFFER, 8, driver.availableFlags(), 3);
        driver.writeDescriptor(1, BUFFER, 8, driver.availableFlags(), 3);

        assertTrue(queue.next(chain));
        assertThrows(QueueFault.class, () -> queue.next(new DescriptorChain()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void randomBytesEndInAFaultAtWorst(boolean packed) {
        long seed = Long.getLong("testudo.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        FakeDriver driver = packed ? new PackedDriver(ram, SIZE, true) : new SplitDriver(ram, SIZE, true);
        long features = VirtioFeature.EVENT_IDX
                | VirtioFeature.INDIRECT_DESC
                | (packed ? VirtioFeature.RING_PACKED : 0);
        int faults = 0;
        try {
            for (int round = 0; round < 20_000; round++) {
                for (int slot = 0; slot < SIZE; slot++) {
                    long address = random.nextInt(6) == 0 ? random.nextLong() : BUFFER + random.nextInt(4096);
                    driver.writeDescriptor(slot, address, random.nextInt(4) == 0 ? random.nextInt() : 16 * random.nextInt(9), random
                            .nextInt(), random.nextInt(10));
                }
                for (int i = 0; i < 64; i++) {
                    tableEntry(i, BUFFER, random.nextInt(64), random.nextInt(8), random.nextInt(10));
                }
                if (driver instanceof SplitDriver split) {
                    split.writeAvailable(0, random.nextInt(10));
                    split.writeAvailableIndex(1);
                }
                try {
                    RingQueue queue = queue(driver, features);
                    for (int taken = 0; taken <= SIZE && queue.next(chain); taken++) {
                        queue.complete(chain, chain.writable().sizeBytes());
                    }
                    queue.publish();
                } catch (QueueFault _) {
                    faults++;
                }
            }
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
        assertTrue(faults > 0, "seed " + seed + " broke nothing");
    }
}
