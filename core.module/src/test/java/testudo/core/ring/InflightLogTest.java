package testudo.core.ring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.SplitDriver;

/// Processes that end in the middle of their work, one after the other, on the same ring.
class InflightLogTest {
    private static final int SIZE = 16;
    private static final long GPA = 0x1_0000;

    private final GuestRam ram = new GuestRam(GPA, 1 << 16);
    private final DeviceMemory memory = new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {});
    private final SplitDriver driver = new SplitDriver(ram, SIZE, false);
    private final MemorySegment region = Arena.ofAuto().allocate(InflightLog.bytesFor(SIZE), 64);
    private final Set<Integer> offered = new HashSet<>();
    private final List<String> wrong = new ArrayList<>();

    private SplitQueue queue(@Nullable InflightLog log) {
        QueueConfig config = new QueueConfig(
                0, SIZE, driver.descriptors(), driver.driverArea(), driver.deviceArea(), VirtioFeature.VERSION_1);
        int used = driver.usedIndex();
        return new SplitQueue(config, memory, new RingPosition(used, used), log);
    }

    private InflightLog log() {
        return new InflightLog(region, SIZE);
    }

    private void offer() {
        driver.begin();
        driver.writable(GPA, 8);
        int head = driver.offer();
        if (head >= 0) {
            offered.add(head);
        }
    }

    /// What the driver is told: each chain once.
    private void poll() {
        for (int head = driver.poll(); head >= 0; head = driver.poll()) {
            if (!offered.remove(head)) {
                wrong.add("completed twice: " + head);
            }
        }
    }

    private static List<DescriptorChain> takeAll(SplitQueue queue) {
        List<DescriptorChain> taken = new ArrayList<>();
        DescriptorChain chain = new DescriptorChain();
        while (queue.next(chain)) {
            taken.add(chain);
            chain = new DescriptorChain();
        }
        return taken;
    }

    /// A process: takes, completes in any order, and ends anywhere, also between telling the driver and noting it.
    private void live(Random random, SplitQueue queue) {
        List<DescriptorChain> underWay = new ArrayList<>();
        for (int step = random.nextInt(20); step > 0; step--) {
            switch (random.nextInt(4)) {
                case 0 -> offer();
                case 1 -> {
                    DescriptorChain chain = new DescriptorChain();
                    if (queue.next(chain)) {
                        underWay.add(chain);
                    }
                }
                case 2 -> {
                    if (!underWay.isEmpty()) {
                        queue.complete(underWay.remove(random.nextInt(underWay.size())), 8);
                    }
                }
                default -> {
                    byte[] before = region.toArray(ValueLayout.JAVA_BYTE);
                    queue.publish();
                    poll();
                    if (random.nextInt(4) == 0) {
                        MemorySegment.copy(before, 0, region, ValueLayout.JAVA_BYTE, 0, before.length);
                        return;
                    }
                }
            }
        }
    }

    private void finish(SplitQueue queue) {
        takeAll(queue).forEach(chain -> queue.complete(chain, 8));
        queue.publish();
        poll();
    }

    @Property(tries = 500)
    void everyChainIsCompletedOnceHoweverProcessesEnd(@ForAll Random random) {
        for (int process = 0; process < 8; process++) {
            live(random, queue(log()));
        }
        finish(queue(log()));

        assertEquals(List.of(), wrong);
        assertEquals(Set.of(), offered);
    }

    /// Shows that the property can fail: without a log a process goes on where the used ring ends.
    @Test
    void withoutALogAChainIsRepeatedAndAnotherLost() {
        for (int i = 0; i < 3; i++) {
            offer();
        }
        SplitQueue first = queue(null);
        first.complete(takeAll(first).getLast(), 8);
        first.publish();
        poll();

        finish(queue(null));

        assertEquals(1, wrong.size());
        assertEquals(1, offered.size());
    }

    @Test
    void whatIsLeftComesFirstInTheOldOrder() {
        for (int i = 0; i < 5; i++) {
            offer();
        }
        SplitQueue first = queue(log());
        List<DescriptorChain> taken = takeAll(first);
        int[] heads = taken.stream().mapToInt(DescriptorChain::head).toArray();
        first.complete(taken.get(3), 8);
        first.complete(taken.get(1), 8);
        first.publish();
        poll();
        offer();

        List<DescriptorChain> again = takeAll(queue(log()));

        assertArrayEquals(new int[]{heads[0], heads[2], heads[4]}, again.stream().limit(3).mapToInt(DescriptorChain::head).toArray());
        assertEquals(4, again.size());
    }

    /// A front-end can write anything into it.
    @Property(tries = 500)
    void nonsenseIsRefusedOrBearable(@ForAll Random random) {
        byte[] noise = new byte[(int) region.byteSize()];
        random.nextBytes(noise);
        MemorySegment.copy(noise, 0, region, ValueLayout.JAVA_BYTE, 0, noise.length);
        if (random.nextBoolean()) {
            region.set(ValueLayout.JAVA_SHORT, 8, (short) 1);
            region.set(ValueLayout.JAVA_SHORT, 10, (short) SIZE);
        }
        if (random.nextBoolean()) {
            region.set(ValueLayout.JAVA_SHORT, 14, (short) random.nextInt(-SIZE, SIZE));
        }
        try {
            SplitQueue queue = queue(log());
            takeAll(queue).forEach(chain -> queue.complete(chain, 8));
            queue.publish();
        } catch (QueueFault refused) {
            assertTrue(refused.getMessage() != null);
        }
    }

    @Test
    void aUsedIndexThatRanAheadIsRefused() {
        queue(log());
        region.set(ValueLayout.JAVA_SHORT, 14, (short) -(SIZE + 1));

        assertThrows(QueueFault.class, () -> queue(log()));
    }
}
