package testudo.core.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import testudo.core.vhost.KernelServedDevice;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostEvent;
import testudo.spi.host.VhostDevice;
import testudo.spi.memory.GuestRegion;
import testudo.spi.virtio.KernelServed;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.MemoryHost;
import testudo.testing.driver.SplitDriver;
import testudo.testing.driver.VirtioMmioDriver;

/// A device with a queue in the kernel and one of its own. The test stands in for the kernel.
@Timeout(60)
class KernelServedTest {
    private static final int NEEDS_RESET = 64;
    private static final int POSITION = 7;

    private final GuestRam ram = new GuestRam(0x10_0000, 4 << 20);
    private final Kernel kernel = new Kernel();
    private final Mixed device = new Mixed(kernel);
    private final VirtioHost virtio;
    private final VirtioMmioDriver driver;
    private volatile boolean high;

    KernelServedTest() {
        MemoryHost host = new MemoryHost(1);
        DeviceThreads threads = new DeviceThreads("mixed0", host);
        KernelServedDevice wrapped = (KernelServedDevice) KernelServedDevice.wrap(device, host, threads.loop(0));
        wrapped.share(ram.memory(), Optional.empty());
        var memory = new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {});
        virtio = new VirtioHost("mixed0", wrapped, threads, host, memory, new MachineServices() {
            @Override
            public void event(MachineEvent event, int detail) {
                throw new AssertionError(event);
            }

            @Override
            public List<String> bootOrder() {
                return List.of();
            }
        });
        VirtioMmioRegisters registers = new VirtioMmioRegisters(virtio, level -> high = level, null);
        driver = new VirtioMmioDriver(new VirtioMmioDriver.Bus() {
            @Override
            public long read(long offset, int sizeBytes) {
                return registers.read(offset, sizeBytes);
            }

            @Override
            public void write(long offset, int sizeBytes, long value) {
                registers.write(offset, sizeBytes, value);
            }
        });
    }

    @AfterEach
    void close() {
        virtio.close();
        ram.close();
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            Thread.onSpinWait();
        }
    }

    private SplitDriver bringUp() {
        assertTrue(driver.negotiate(VirtioFeature.VERSION_1 | EchoDevice.FEATURE));
        SplitDriver kernels = new SplitDriver(ram, 16, false);
        driver.setUp(0, kernels);
        driver.setUp(1, new SplitDriver(ram, 16, false));
        driver.ready();
        await(() -> device.active);
        return kernels;
    }

    @Test
    void offersRingFeaturesThatTheKernelHas() {
        assertEquals(VirtioFeature.VERSION_1 | VirtioFeature.INDIRECT_DESC | EchoDevice.FEATURE, virtio.offeredFeatures());
    }

    @Test
    void theKernelGetsTheRingAndItsEvents() {
        bringUp();

        assertEquals(VirtioFeature.VERSION_1 | EchoDevice.FEATURE, kernel.negotiated);
        assertEquals(ram.memory().regions(), kernel.regions);
        assertEquals(16, kernel.place.size());
        assertEquals(0, kernel.place.position());
        assertEquals(16 * 16, kernel.place.descriptors().byteSize());
        assertEquals(List.of(0, 1), device.enabled, "queue 0 is the kernel's, queue 1 the device's");
        await(() -> kernel.kick.consume());
        driver.notifyQueue(0);
        await(() -> kernel.kick.consume());
        assertEquals(0, device.kicks.stream().filter(queue -> queue == 0).count(), "a kick that came by this process");
        driver.notifyQueue(1);
        await(() -> device.kicks.contains(1));
        kernel.call.signal();
        await(() -> high);
        assertEquals(1, driver.interruptStatus());
    }

    @Test
    void goesOnWhereTheKernelStopped() {
        bringUp();

        virtio.quiesce();
        assertEquals(List.of("activate", "quiesce", "position"), kernel.log);
        virtio.resume();

        assertEquals(POSITION, kernel.place.position());
    }

    @Test
    void aRingThatTheKernelFindsBrokenNeedsAReset() {
        bringUp();

        kernel.error.signal();

        await(() -> (virtio.status() & NEEDS_RESET) != 0);
        driver.reset();
        assertFalse(device.active);
        bringUp();
        assertEquals(0, kernel.place.position());
    }

    @Test
    void aRingOutsideOfMemoryNeedsAReset() {
        assertTrue(driver.negotiate(VirtioFeature.VERSION_1));
        try (GuestRam elsewhere = new GuestRam(0x4000_0000, 1 << 20)) {
            driver.setUp(0, new SplitDriver(elsewhere, 16, false));
            driver.ready();

            await(() -> (virtio.status() & NEEDS_RESET) != 0);
            assertFalse(device.active);
        }
    }

    private static final class Mixed implements KernelServed {
        private final Kernel kernel;
        private final List<Integer> kicks = new CopyOnWriteArrayList<>();
        private volatile List<Integer> enabled = List.of();
        private volatile boolean active;

        Mixed(Kernel kernel) {
            this.kernel = kernel;
        }

        @Override
        public Optional<KernelRing> kernelRing(int queue, long features) {
            return queue == 0 ? Optional.of(new KernelRing(kernel, 5)) : Optional.empty();
        }

        @Override
        public VirtioTraits traits() {
            return new VirtioTraits(42, "mixed", EchoDevice.FEATURE, List.of(16, 16), 0, 0xFF00, 1, false);
        }

        @Override
        public long readConfig(int offset, int sizeBytes) {
            return 0;
        }

        @Override
        public void activate(VirtioActivation activation) {
            kernel.log.add("activate");
            enabled = List.of(activation.queue(0).enabled() ? 1 : 0, activation.queue(1).enabled() ? 1 : 0);
            active = true;
        }

        @Override
        public void onKick(int queue) {
            kicks.add(queue);
        }

        @Override
        public void quiesce() {
            kernel.log.add("quiesce");
        }

        @Override
        public void reset() {
            active = false;
        }

        @Override
        public void close() {
            kernel.close();
        }
    }

    private static final class Kernel implements VhostDevice {
        private final List<String> log = new CopyOnWriteArrayList<>();
        private volatile long negotiated;
        private volatile List<GuestRegion> regions = List.of();
        private volatile RingPlace place;
        private volatile HostEvent kick;
        private volatile HostEvent call;
        private volatile HostEvent error;

        @Override
        public long features() {
            return VirtioFeature.VERSION_1 | VirtioFeature.INDIRECT_DESC;
        }

        @Override
        public void features(long mask) {
            negotiated = mask;
        }

        @Override
        public void memory(List<GuestRegion> all) {
            regions = all;
        }

        @Override
        public void ring(int ring, RingPlace where) {
            assertEquals(5, ring);
            place = where;
        }

        @Override
        public void kick(int ring, HostEvent event) {
            kick = event;
        }

        @Override
        public void call(int ring, HostEvent event) {
            call = event;
        }

        @Override
        public void error(int ring, HostEvent event) {
            error = event;
        }

        @Override
        public int position(int ring) {
            log.add("position");
            return POSITION;
        }

        @Override
        public void request(int request, long value, int sizeBytes) {
            throw new AssertionError("no request");
        }

        @Override
        public void close() {
            log.add("close");
        }
    }
}
