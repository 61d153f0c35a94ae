package testudo.core.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostEvent;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.MemoryHost;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;
import testudo.testing.driver.VirtioDriver;
import testudo.testing.driver.VirtioMmioDriver;

/// A device on real loops, driven through memory-mapped registers.
@Timeout(60)
class VirtioMmioTest {
    private static final long PLACE = 0xD000_0000L;
    private static final long FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | EchoDevice.FEATURE;

    private final GuestRam ram = new GuestRam(0x10_0000, 4 << 20);
    private final List<MachineServices.MachineEvent> events = new CopyOnWriteArrayList<>();
    private final EchoDevice device = new EchoDevice(3, 1);
    private final Doorbell doorbell = new Doorbell();
    private volatile boolean high;
    private final VirtioHost virtio;
    private final VirtioMmioRegisters registers;
    private final VirtioMmioDriver driver;

    VirtioMmioTest() {
        MemoryHost host = new MemoryHost(1);
        virtio = new VirtioHost(
                "echo0",
                device,
                new DeviceThreads("echo0", host),
                host,
                new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {}),
                new MachineServices() {
                    @Override
                    public void event(MachineEvent event, int detail) {
                        events.add(event);
                    }

                    @Override
                    public List<String> bootOrder() {
                        return List.of();
                    }
                });
        registers = new VirtioMmioRegisters(virtio, level -> high = level, doorbell);
        driver = new VirtioMmioDriver(new VirtioMmioDriver.Bus() {
            @Override
            public long read(long offset, int sizeBytes) {
                return registers.read(offset, sizeBytes);
            }

            @Override
            public void write(long offset, int sizeBytes, long value) {
                HostEvent bound = doorbell.at(PLACE + offset, sizeBytes, value);
                if (bound != null) {
                    bound.signal();
                } else {
                    registers.write(offset, sizeBytes, value);
                }
            }
        });
    }

    @AfterEach
    void close() {
        virtio.close();
        assertTrue(device.closed);
        assertEquals(0, device.outOfOrder.get(), "callbacks in the wrong state");
        ram.close();
    }

    /// A hypervisor's: what a value of 32 bits at an address is bound to.
    private static final class Doorbell implements IoEvents {
        private final Map<List<Long>, HostEvent> bound = new ConcurrentHashMap<>();
        private final AtomicInteger rung = new AtomicInteger();

        @Override
        public void bind(long gpa, HostEvent event) {
            throw new AssertionError("the queues share an address");
        }

        @Override
        public void unbind(long gpa, HostEvent event) {
            throw new AssertionError("the queues share an address");
        }

        @Override
        public void bind(long gpa, int value, HostEvent event) {
            if (bound.putIfAbsent(List.of(gpa, (long) value), event) != null) {
                throw new IllegalStateException("bound twice: %d at 0x%x".formatted(value, gpa));
            }
        }

        @Override
        public void unbind(long gpa, int value, HostEvent event) {
            if (!bound.remove(List.of(gpa, (long) value), event)) {
                throw new IllegalStateException("not bound: %d at 0x%x".formatted(value, gpa));
            }
        }

        @Nullable
        HostEvent at(long gpa, int sizeBytes, long value) {
            HostEvent event = sizeBytes == Integer.BYTES ? bound.get(List.of(gpa, value)) : null;
            if (event != null) {
                rung.incrementAndGet();
            }
            return event;
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private FakeDriver bringUp(long features) {
        assertTrue(driver.negotiate(features));
        boolean packed = (features & VirtioFeature.RING_PACKED) != 0;
        FakeDriver ring = packed ? new PackedDriver(ram, 16, true) : new SplitDriver(ram, 16, true);
        driver.setUp(1, ring);
        driver.ready();
        return ring;
    }

    private void echo(FakeDriver ring, int value) {
        long offset = 2 << 20;
        ram.bytes().set(ValueLayout.JAVA_INT, offset, value);
        ring.begin();
        ring.readable(ram.gpa() + offset, 4);
        ring.writable(ram.gpa() + offset + 32, 4);
        int id = ring.offer();
        ring.kickDue();
        driver.notifyQueue(1);
        int[] used = {-1};
        await(() -> (used[0] = ring.poll()) >= 0);
        assertEquals(id, used[0]);
        assertEquals(value, ram.bytes().get(ValueLayout.JAVA_INT, offset + 32));
    }

    @Test
    void looksLikeVersion2() {
        assertEquals(0x74726976, driver.register(0x000));
        assertEquals(2, driver.register(0x004));
        assertEquals(42, driver.register(0x008));
        assertEquals(virtio.offeredFeatures(), driver.offeredFeatures());
        driver.register(0x014, 2);
        assertEquals(0, driver.register(0x010), "features above 63");
        driver.register(0x030, 1);
        assertEquals(16, driver.register(0x034));
        driver.register(0x030, 3);
        assertEquals(0, driver.register(0x034), "no such queue");
        assertEquals(0xFFFF_FFFFL, driver.register(0x0B0), "no shared memory");
    }

    @Test
    void theHypervisorTakesNotifications() {
        registers.placed(PLACE);
        assertEquals(3, doorbell.bound.size());
        FakeDriver ring = bringUp(FEATURES);
        echo(ring, 77);
        assertEquals(1, doorbell.rung.get());

        registers.unbind();
        assertEquals(0, doorbell.bound.size());
        echo(ring, 78);
        assertEquals(1, doorbell.rung.get(), "without it each notification is an exit");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, VirtioFeature.RING_PACKED})
    void servesAQueueAndInterrupts(long ringFeatures) {
        FakeDriver ring = bringUp(FEATURES | ringFeatures);
        for (int round = 0; round < 40; round++) {
            ring.wantInterrupt();
            echo(ring, 100 + round);
            await(() -> high);
            assertEquals(1, driver.interruptStatus());
            driver.acknowledge(2);
            assertTrue(high, "another reason does not lower the line");
            driver.acknowledge(1);
            assertFalse(high);
        }
    }

    @Test
    void configurationInAnyWidth() {
        bringUp(FEATURES);
        assertEquals(0x1122_3344_5566_7788L, driver.config(0, 8));
        assertEquals(0x77, driver.config(1, 1));
        assertEquals(-1, driver.config(5, 4));
        long generation = driver.register(0x0FC);
        registers.write(0x100, 8, 5);
        assertEquals(5, driver.config(0, 8));
        await(() -> high);
        assertEquals(2, driver.interruptStatus());
        assertEquals(generation + 1, driver.register(0x0FC));
    }

    @Test
    void aDriverThatAcceptsOnlyTheLegacyInterfaceIsRefused() {
        assertFalse(driver.negotiate(FEATURES & ~VirtioFeature.VERSION_1));
        driver.ready();
        assertEquals(VirtioDriver.ACKNOWLEDGE | VirtioDriver.DRIVER, driver.status());
        driver.register(0x028, 4096); // GuestPageSize
        driver.register(0x040, 1); // QueuePFN
        assertEquals(0, driver.register(0x040));
    }

    @Test
    void queueRegistersAreFrozenWhileTheDeviceIsLive() {
        FakeDriver ring = bringUp(FEATURES);
        driver.register(0x030, 1);
        driver.register(0x038, 4);
        driver.register(0x080, 0x1000);
        driver.register(0x044, 0);
        assertEquals(1, driver.register(0x044));
        echo(ring, 7);
        driver.reset();
        assertEquals(0, driver.register(0x044));
        echo(bringUp(FEATURES), 8);
    }

    @Test
    void anEnabledQueueKeepsItsAddressesAndCanBeTakenBackBeforeTheDeviceIsLive() {
        assertTrue(driver.negotiate(FEATURES));
        FakeDriver ring = new SplitDriver(ram, 16, true);
        driver.setUp(1, new SplitDriver(ram, 8, true));
        driver.register(0x080, 0x1000);
        driver.register(0x044, 0);
        assertEquals(0, driver.register(0x044));
        driver.setUp(1, ring);
        driver.ready();
        echo(ring, 9);
    }

    @Test
    void registersAreReadAndWrittenAs32BitsOnly() {
        assertEquals(0, registers.read(0, 1));
        assertEquals(0, registers.read(0, 8));
        registers.write(0x070, 1, 1);
        registers.write(0x070, 8, 1);
        assertEquals(0, driver.status());
    }

    @Test
    void aResetLowersTheLine() {
        FakeDriver ring = bringUp(FEATURES);
        ring.wantInterrupt();
        echo(ring, 1);
        await(() -> high);
        driver.reset();
        assertFalse(high);
        assertEquals(0, driver.interruptStatus());
    }

    @Test
    void everyRegisterTakesEveryAccess() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 20_000; round++) {
            long offset = random.nextLong(VirtioMmioRegisters.SIZE_BYTES);
            int size = 1 << random.nextInt(4);
            registers.read(offset, size);
            boolean reset = offset / 4 == 0x070 / 4;
            if (offset < 0x100 && (!reset || round % 50 == 0)) { // what lies behind is the device's
                registers.write(offset, size, random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(8));
            }
        }
        echo(bringUp(FEATURES), 11);
        assertTrue(events.isEmpty());
    }
}
