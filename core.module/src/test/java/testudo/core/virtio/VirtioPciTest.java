package testudo.core.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.bus.Bus;
import testudo.core.pci.PciRoot;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostEvent;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.irq.MsiVector;
import testudo.spi.pci.PciAddress;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.MemoryHost;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;
import testudo.testing.driver.VirtioDriver;
import testudo.testing.driver.VirtioPciDriver;

/// A device on real loops, driven through the registers of its PCI function.
@Timeout(60)
class VirtioPciTest {
    private static final long LOW = 0xC000_0000L;
    private static final long FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | EchoDevice.FEATURE;
    private static final int FUNCTION = 1 << 3;
    private static final int NO_VECTOR = 0xFFFF;

    private final MemoryHost host = new MemoryHost(1);
    private final GuestRam ram = new GuestRam(0x10_0000, 4 << 20);
    private final Bus addresses = new Bus("address");
    private final List<MachineServices.MachineEvent> events = new CopyOnWriteArrayList<>();
    private final Doorbells doorbells = new Doorbells();
    private final List<RecordingVector> vectors = new ArrayList<>();
    private PciRoot root;
    private EchoDevice device;
    private VirtioHost virtio;
    private VirtioPciFunction function;
    private VirtioPciDriver driver;

    @BeforeEach
    void makeDevice() {
        make(new EchoDevice(3, 1));
    }

    private void make(EchoDevice newDevice) {
        device = newDevice;
        root = new PciRoot(
                new PciHost(
                        -1,
                        new Window(0xE000_0000L, 1 << 20),
                        12,
                        new Window(0, 0),
                        new Window(LOW, 1 << 20),
                        new Window(1L << 40, 1 << 20),
                        0x8086,
                        0x1237,
                        0),
                new Bus("port"),
                addresses,
                () -> {});
        MachineServices machine = new MachineServices() {
            @Override
            public void event(MachineEvent event, int detail) {
                events.add(event);
            }

            @Override
            public List<String> bootOrder() {
                return List.of();
            }
        };
        virtio = new VirtioHost(
                "echo0",
                device,
                new DeviceThreads("echo0", host),
                host,
                new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {}),
                machine);
        for (int i = 0; i <= device.traits().queueSizes().size(); i++) {
            vectors.add(new RecordingVector());
        }
        function = new VirtioPciFunction(virtio, vectors.toArray(MsiVector[]::new), doorbells);
        root.add(new PciAddress(0, 1, 0), function);
        driver = new VirtioPciDriver(new GuestBus());
    }

    @AfterEach
    void close() {
        virtio.close();
        function.close();
        assertTrue(device.closed);
        assertEquals(0, device.outOfOrder.get(), "callbacks in the wrong state");
        ram.close();
    }

    private void remake(EchoDevice newDevice) {
        virtio.close();
        function.close();
        vectors.clear();
        root.writeConfig(FUNCTION, 4, 2, 0);
        addresses.remove(0xE000_0000L);
        make(newDevice);
    }

    private final class GuestBus implements VirtioPciDriver.Bus {
        @Override
        public int readConfig(int offset, int sizeBytes) {
            return root.readConfig(FUNCTION, offset, sizeBytes) & (int) (-1L >>> (64 - 8 * sizeBytes));
        }

        @Override
        public void writeConfig(int offset, int sizeBytes, int value) {
            root.writeConfig(FUNCTION, offset, sizeBytes, value);
        }

        @Override
        public long read(long gpa, int sizeBytes) {
            return addresses.read(gpa, sizeBytes);
        }

        @Override
        public void write(long gpa, int sizeBytes, long value) {
            HostEvent bound = doorbells.at(gpa);
            if (bound != null) {
                bound.signal();
            } else {
                addresses.write(gpa, sizeBytes, value);
            }
        }
    }

    /// A hypervisor's doorbells.
    private static final class Doorbells implements IoEvents {
        private final TreeMap<Long, HostEvent> bound = new TreeMap<>();
        private boolean refuses;

        @Override
        public synchronized void bind(long gpa, HostEvent event) {
            if (refuses) {
                throw new VmmException.Host(VmmException.Kind.EXHAUSTED, "no doorbells left");
            }
            if (bound.putIfAbsent(gpa, event) != null) {
                throw new IllegalStateException("bound twice: 0x%x".formatted(gpa));
            }
        }

        @Override
        public synchronized void unbind(long gpa, HostEvent event) {
            if (!bound.remove(gpa, event)) {
                throw new IllegalStateException("not bound: 0x%x".formatted(gpa));
            }
        }

        @Override
        public void bind(long gpa, int value, HostEvent event) {
            throw new AssertionError("each queue has an address of its own");
        }

        @Override
        public void unbind(long gpa, int value, HostEvent event) {
            throw new AssertionError("each queue has an address of its own");
        }

        synchronized HostEvent at(long gpa) {
            return bound.get(gpa);
        }
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private void echo(FakeDriver ring, int queue, int value) {
        long buffer = ram.gpa() + (2 << 20) + 64L * queue;
        MemorySegment bytes = ram.bytes();
        long offset = buffer - ram.gpa();
        bytes.set(ValueLayout.JAVA_INT, offset, value);
        bytes.set(ValueLayout.JAVA_INT, offset + 32, 0);
        ring.begin();
        ring.readable(buffer, 4);
        ring.writable(buffer + 32, 4);
        int id = ring.offer();
        ring.kickDue();
        driver.notifyQueue(queue);
        int[] used = {-1};
        await(() -> (used[0] = ring.poll()) >= 0);
        assertEquals(id, used[0]);
        assertEquals(4, ring.usedBytes());
        assertEquals(value, bytes.get(ValueLayout.JAVA_INT, offset + 32));
    }

    private FakeDriver bringUp(long features) {
        assertTrue(driver.negotiate(features));
        boolean packed = (features & VirtioFeature.RING_PACKED) != 0;
        FakeDriver ring = packed ? new PackedDriver(ram, 16, true) : new SplitDriver(ram, 16, true);
        driver.setUp(1, ring, 1);
        driver.ready();
        return ring;
    }

    @Test
    void looksLikeTheTransportOfCrosvm() {
        assertEquals(0x1AF4, root.readConfig(FUNCTION, 0, 2));
        assertEquals(0x1040 + 42, root.readConfig(FUNCTION, 2, 2));
        assertEquals(1, root.readConfig(FUNCTION, 8, 1));
        List<Integer> kinds = new ArrayList<>();
        for (int at = root.readConfig(FUNCTION, 0x34, 1); at != 0; at = root.readConfig(FUNCTION, at + 1, 1)) {
            int id = root.readConfig(FUNCTION, at, 1);
            kinds.add(id == 9 ? root.readConfig(FUNCTION, at + 3, 1) : id);
        }
        assertEquals(List.of(1, 3, 4, 2, 5, 0x11, 0x01), kinds);
        assertEquals(LOW, driver.structure(1));
        assertEquals(LOW + 0x1000, driver.structure(3));
        assertEquals(LOW + 0x2000, driver.structure(4));
        assertEquals(LOW + 0x3000, driver.structure(2));
        root.writeConfig(FUNCTION, 0x10, 4, -1);
        assertEquals(-0x8000, root.readConfig(FUNCTION, 0x10, 4));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, VirtioFeature.RING_PACKED})
    void carriesDataOverManyResets(long ringFeatures) {
        for (int round = 1; round <= 30; round++) {
            FakeDriver ring = bringUp(FEATURES | ringFeatures);
            for (int i = 0; i < 20; i++) {
                echo(ring, 1, 1000 * round + i);
            }
        }
        driver.reset();
        assertEquals(30, device.activations.get());
        assertEquals(30, device.resets.get());
    }

    @Test
    void resetsQueuesOfSeveralLoopsWhileTheyAreBusy() {
        remake(new EchoDevice(4, 4));
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 100; round++) {
            assertTrue(driver.negotiate(FEATURES));
            List<FakeDriver> rings = new ArrayList<>();
            for (int queue = 0; queue < 4; queue++) {
                rings.add(new SplitDriver(ram, 16, true));
                driver.setUp(queue, rings.get(queue), queue);
            }
            driver.ready();
            echo(rings.get(round % 4), round % 4, round);
            for (int kicks = random.nextInt(200); kicks > 0; kicks--) {
                driver.notifyQueue(kicks % 4);
            }
        }
    }

    @Test
    void interruptsByVector() {
        enableMsix();
        FakeDriver ring = bringUp(FEATURES);
        ring.wantInterrupt();

        echo(ring, 1, 5);

        await(() -> vectors.get(1).raised.get() == 1);
        assertEquals(0xFEE0_0000L, vectors.get(1).address);
        assertEquals(0x41, vectors.get(1).data);
        assertEquals(0, vectors.get(0).raised.get());
        assertEquals(0, driver.takeInterruptStatus(), "the interrupt status belongs to the pin");
    }

    private void enableMsix() {
        int at = root.readConfig(FUNCTION, 0x34, 1);
        while (root.readConfig(FUNCTION, at, 1) != 0x11) {
            at = root.readConfig(FUNCTION, at + 1, 1);
        }
        for (int i = 0; i < 4; i++) {
            addresses.write(LOW + 0x6000 + 16L * i, 8, 0xFEE0_0000L);
            addresses.write(LOW + 0x6008 + 16L * i, 4, 0x40 + i);
            addresses.write(LOW + 0x600C + 16L * i, 4, 0);
        }
        root.writeConfig(FUNCTION, at + 2, 2, 0x8000);
    }

    @Test
    void vectorsThatDoNotExistAreRefused() {
        driver.negotiate(FEATURES);
        driver.common(0x10, 2, 4);
        assertEquals(NO_VECTOR, driver.common(0x10, 2));
        driver.common(0x10, 2, 0xFFFE);
        assertEquals(NO_VECTOR, driver.common(0x10, 2));
        driver.common(0x16, 2, 0);
        driver.common(0x1A, 2, 4);
        assertEquals(NO_VECTOR, driver.common(0x1A, 2));
        driver.common(0x1A, 2, 3);
        assertEquals(3, driver.common(0x1A, 2));
    }

    @Test
    void queueThatDoesNotExistHasNoRegisters() {
        driver.negotiate(FEATURES);
        driver.common(0x16, 2, 0xFFFF);
        for (int offset = 0x18; offset < 0x38; offset += 2) {
            driver.common(offset, 2, 1);
            assertEquals(0, driver.common(offset, 2), "offset " + offset);
        }
        driver.notifyQueue(0xFFFF);
        driver.notifyQueue(1023);
    }

    @Test
    void queueRegistersAreFrozenWhileTheDeviceIsLive() {
        FakeDriver ring = bringUp(FEATURES);
        for (int queue = 0; queue < 2; queue++) {
            driver.common(0x16, 2, queue);
            long size = driver.common(0x18, 2);
            long table = driver.common(0x20, 8);
            long enabled = driver.common(0x1C, 2);
            driver.common(0x18, 2, 2);
            driver.common(0x20, 8, 64);
            driver.common(0x24, 4, 64);
            driver.common(0x1C, 2, 1 - enabled);
            assertEquals(size, driver.common(0x18, 2));
            assertEquals(table, driver.common(0x20, 8));
            assertEquals(enabled, driver.common(0x1C, 2));
        }
        echo(ring, 1, 9);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, EchoDevice.FEATURE, VirtioFeature.VERSION_1 | 2, VirtioFeature.VERSION_1 | VirtioFeature.RING_RESET})
    void refusesFeatures(long features) {
        assertFalse(driver.negotiate(features));
        driver.ready();
        assertEquals(0, driver.status() & VirtioDriver.DRIVER_OK);
    }

    @Test
    void featuresAreFixedOnceAgreed() {
        assertTrue(driver.negotiate(FEATURES));
        driver.common(0x08, 4, 0);
        driver.common(0x0C, 4, -1);

        assertEquals(FEATURES & 0xFFFF_FFFFL, driver.common(0x0C, 4));
    }

    @Test
    void statusBitsAreOnlyCleared() {
        driver.negotiate(FEATURES);
        driver.status(1);
        assertEquals(11, driver.status());
        driver.status(0xFF & ~VirtioDriver.DRIVER_OK);
        assertEquals(0x8B, driver.status(), "bits without a meaning are not kept");
    }

    @Test
    void driverOkNeedsTheStepsBeforeIt() {
        driver.reset();
        driver.status(VirtioDriver.DRIVER_OK);
        assertEquals(0, driver.status() & VirtioDriver.DRIVER_OK);
        assertEquals(0, device.activations.get());
    }

    @Test
    void activatesOnce() {
        FakeDriver ring = bringUp(FEATURES);
        echo(ring, 1, 1);
        driver.ready();
        driver.ready();
        echo(ring, 1, 2);
        assertEquals(1, device.activations.get());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0x10_0001, 0x7FFF_FFFF_FFFF_FFF0L, -16})
    void unusableRingsNeedAReset(long table) {
        driver.negotiate(FEATURES);
        FakeDriver ring = new SplitDriver(ram, 16, true);
        driver.setUp(1, ring, 1);
        driver.reset();
        driver.negotiate(FEATURES);
        driver.common(0x16, 2, 1);
        driver.common(0x20, 8, table);
        driver.common(0x28, 8, ring.driverArea());
        driver.common(0x30, 8, ring.deviceArea());
        driver.common(0x1C, 2, 1);
        driver.ready();
        driver.awaitStatus(VirtioDriver.NEEDS_RESET, VirtioDriver.NEEDS_RESET);
        assertEquals(0, device.activations.get());

        echo(bringUp(FEATURES), 1, 3);
        assertEquals(0, device.resets.get(), "a device that was never told is not reset");
    }

    @Test
    void brokenRingNeedsAResetAndRaisesTheConfigurationInterrupt() {
        SplitDriver ring = (SplitDriver) bringUp(FEATURES);
        echo(ring, 1, 3);
        driver.takeInterruptStatus();
        ring.writeAvailableIndex(0x8000);
        driver.notifyQueue(1);
        driver.awaitStatus(VirtioDriver.NEEDS_RESET, VirtioDriver.NEEDS_RESET);
        await(() -> (driver.takeInterruptStatus() & 2) != 0);
        driver.notifyQueue(1);
        assertEquals(List.of(), events);

        echo(bringUp(FEATURES), 1, 4);
    }

    @Test
    void failedActivationNeedsAReset() {
        device.failActivation = new VmmException.Host(VmmException.Kind.IO, "the backend is gone");
        driver.negotiate(FEATURES);
        driver.setUp(1, new SplitDriver(ram, 16, true), 1);
        device.outOfOrder.set(0);
        driver.ready();
        driver.awaitStatus(VirtioDriver.NEEDS_RESET, VirtioDriver.NEEDS_RESET);
        assertEquals(List.of(), events);
        device.failActivation = null;
        driver.status(0);
        device.outOfOrder.set(0); // reset of a half-activated device is allowed
        echo(bringUp(FEATURES), 1, 4);
    }

    @Test
    void bugOfTheDeviceStopsTheMachineOnce() {
        bringUp(FEATURES);
        await(() -> device.activations.get() == 1);
        device.failNext = new IllegalStateException("a bug");
        for (int i = 0; i < 50; i++) {
            driver.notifyQueue(1);
        }
        await(() -> !events.isEmpty());
        device.failNext = null;
        driver.reset();
        assertEquals(List.of(MachineServices.MachineEvent.CRASH), events);
    }

    @Test
    void configurationSpaceAnswersAnyAccess() {
        bringUp(FEATURES);
        await(() -> device.activations.get() == 1);
        assertEquals(0x1122_3344_5566_7788L, driver.config(0, 8));
        assertEquals(0x7788, driver.config(0, 2));
        assertEquals(-1, driver.config(1, 8));
        assertEquals(0xFF, driver.config(8, 1));
        assertEquals(0xFFFF, driver.config(7, 2));
        assertEquals(0xFFFF_FFFFL, driver.config(0xFFE, 4));
        driver.config(4, 8, 0);
        driver.config(8, 1, 0);
        assertEquals(0x1122_3344_5566_7788L, driver.config(0, 8));
        long generation = driver.common(0x15, 1);
        driver.config(0, 8, 77);
        assertEquals(77, driver.config(0, 8));
        assertEquals(generation + 1, driver.common(0x15, 1));
        assertEquals(2, driver.takeInterruptStatus());
        assertEquals(0, driver.takeInterruptStatus());
    }

    @Test
    void configurationAccessCapabilityReachesTheRegisters() {
        int at = root.readConfig(FUNCTION, 0x34, 1);
        while (root.readConfig(FUNCTION, at, 1) != 9 || root.readConfig(FUNCTION, at + 3, 1) != 5) {
            at = root.readConfig(FUNCTION, at + 1, 1);
        }
        root.writeConfig(FUNCTION, at + 8, 4, 0x12);
        root.writeConfig(FUNCTION, at + 12, 4, 2);
        assertEquals(3, root.readConfig(FUNCTION, at + 16, 4), "number of queues");
        root.writeConfig(FUNCTION, at + 8, 4, 0x14);
        root.writeConfig(FUNCTION, at + 12, 4, 1);
        root.writeConfig(FUNCTION, at + 16, 4, 0xFFFF_FF01);
        assertEquals(1, driver.status());
        root.writeConfig(FUNCTION, at + 12, 4, 3);
        root.readConfig(FUNCTION, at + 16, 4);
        root.writeConfig(FUNCTION, at + 8, 4, -1);
        root.writeConfig(FUNCTION, at + 12, 4, 4);
        root.readConfig(FUNCTION, at + 16, 4);
        root.writeConfig(FUNCTION, at + 16, 4, -1);
    }

    @Test
    void doorbellsFollowTheBar() {
        FakeDriver ring = bringUp(FEATURES);
        assertTrue(doorbells.at(LOW + 0x3004) != null);
        root.writeConfig(FUNCTION, 0x10, 4, (int) (LOW + 0x10000));
        assertEquals(null, doorbells.at(LOW + 0x3004));
        assertTrue(doorbells.at(LOW + 0x13004) != null);
        assertEquals(0xFF, addresses.read(LOW + 0x14, 1), "nobody answers at the old place");
        driver = new VirtioPciDriver(new GuestBus());
        echo(ring, 1, 6);
        root.writeConfig(FUNCTION, 4, 2, 0);
        assertEquals(0, doorbells.bound.size());
    }

    @Test
    void worksWithoutDoorbells() {
        root.writeConfig(FUNCTION, 4, 2, 0);
        doorbells.refuses = true;
        root.writeConfig(FUNCTION, 4, 2, 6);

        echo(bringUp(FEATURES), 1, 8);
    }

    @Test
    void everyRegisterTakesEveryAccess() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 2; round++) {
            for (int size = 1; size <= 8; size *= 2) {
                for (long offset = 0; offset < 0x8000; offset += offset < 0x40 || offset % 0x1000 < 0x50 ? 1 : 97) {
                    addresses.read(LOW + offset, size);
                    if (offset != 0x14) {
                        addresses.write(LOW + offset, size, random.nextLong() >>> (64 - 8 * size));
                    }
                }
            }
        }
        assertEquals(List.of(), events);
        echo(bringUp(FEATURES), 1, 8);
    }
}
