package testudo.testing.tck;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import testudo.core.bus.Bus;
import testudo.core.pci.PciRoot;
import testudo.core.virtio.DeviceThreads;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.core.virtio.VirtioHost;
import testudo.core.virtio.VirtioMmioRegisters;
import testudo.core.virtio.VirtioPciFunction;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices;
import testudo.spi.disk.DiskOpener;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.irq.MsiVector;
import testudo.spi.pci.PciAddress;
import testudo.spi.serial.SerialOpener;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;
import testudo.testing.driver.VirtioDriver;
import testudo.testing.driver.VirtioMmioDriver;
import testudo.testing.driver.VirtioPciDriver;

/// A virtio device behind a transport, on loops of its own, with its driver in the thread of the test.
public final class TransportBench implements AutoCloseable {
    private static final long WINDOW = 0xC000_0000L;
    private static final PciAddress ADDRESS = new PciAddress(0, 1, 0);
    private static final int FUNCTION = ADDRESS.requesterId();

    private final TestContext context;
    private final GuestRam ram;
    private final VirtioHost host;
    private final List<FakeDriver> queues;
    private final VirtioDriver driver;
    private @Nullable PciRoot root;
    private @Nullable VirtioPciFunction function;
    private @Nullable VirtioMmioRegisters registers;

    /// A transport.
    public enum Transport {
        /// Virtio over PCI, without MSI-X: the test polls.
        PCI,
        /// Virtio over MMIO, version 2.
        MMIO
    }

    /// Makes a device behind a transport.
    /// @param transport which
    /// @param context what the device lives in, but for its loop
    /// @param create makes the device
    public TransportBench(Transport transport, TestContext context, Function<? super DeviceContext, ? extends VirtioDevice> create) {
        this(transport, context, create, null);
    }

    private TransportBench(
            Transport transport,
            TestContext context,
            Function<? super DeviceContext, ? extends VirtioDevice> create,
            @Nullable TransportBench before) {
        this.context = context;
        ram = before == null ? new GuestRam(DeviceBench.RAM_START, 64L << 20) : before.ram;
        queues = before == null ? new ArrayList<>() : before.queues;
        DeviceThreads threads = new DeviceThreads(context.id(), context.host());
        var memory = new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {});
        VirtioDevice device = create.apply(new LoopContext(context, threads));
        host = new VirtioHost(context.id(), device, threads, context.host(), memory, context.machine());
        driver = transport == Transport.PCI ? pci() : mmio();
    }

    private VirtioDriver mmio() {
        VirtioMmioRegisters made = new VirtioMmioRegisters(host, high -> {}, null);
        registers = made;
        return new VirtioMmioDriver(new VirtioMmioDriver.Bus() {
            @Override
            public long read(long offset, int sizeBytes) {
                return made.read(offset, sizeBytes);
            }

            @Override
            public void write(long offset, int sizeBytes, long value) {
                made.write(offset, sizeBytes, value);
            }
        });
    }

    private VirtioDriver pci() {
        Bus addresses = new Bus("address");
        PciRoot bus = new PciRoot(
                new PciHost(
                        -1, new Window(0xE000_0000L, 1 << 20), 12, new Window(0, 0), new Window(WINDOW, 1 << 20),
                        new Window(1L << 40, 1 << 20), 0x8086, 0x1237, 0),
                new Bus("port"),
                addresses,
                () -> {});
        MsiVector[] vectors = new MsiVector[host.traits().queueSizes().size() + 1];
        Arrays.setAll(vectors, index -> new NoVector());
        VirtioPciFunction made = new VirtioPciFunction(host, vectors, null);
        function = made;
        bus.add(ADDRESS, made);
        root = bus;
        return new VirtioPciDriver(new VirtioPciDriver.Bus() {
            @Override
            public int readConfig(int offset, int sizeBytes) {
                return bus.readConfig(FUNCTION, offset, sizeBytes) & (int) (-1L >>> (64 - 8 * sizeBytes));
            }

            @Override
            public void writeConfig(int offset, int sizeBytes, int value) {
                bus.writeConfig(FUNCTION, offset, sizeBytes, value);
            }

            @Override
            public long read(long gpa, int sizeBytes) {
                return addresses.read(gpa, sizeBytes);
            }

            @Override
            public void write(long gpa, int sizeBytes, long value) {
                addresses.write(gpa, sizeBytes, value);
            }
        });
    }

    /// Brings the device up with every feature that it offers, among those that are asked for.
    /// @param features a mask; `VIRTIO_F_RING_PACKED` chooses packed rings
    /// @param maxQueueSize shrinks larger queues, a power of two
    /// @return this
    public TransportBench start(long features, int maxQueueSize) {
        long agreed = driver.offeredFeatures() & features;
        if (!driver.negotiate(agreed)) {
            throw new AssertionError("the device refuses features 0x%x that it offers".formatted(agreed));
        }
        boolean packed = (agreed & VirtioFeature.RING_PACKED) != 0;
        boolean eventIdx = (agreed & VirtioFeature.EVENT_IDX) != 0;
        queues.clear();
        for (int i = 0; i < host.traits().queueSizes().size(); i++) {
            int size = Math.min(maxQueueSize, host.traits().queueSizes().get(i));
            FakeDriver queue = packed ? new PackedDriver(ram, size, eventIdx) : new SplitDriver(ram, size, eventIdx);
            driver.setUp(i, queue);
            queues.add(queue);
        }
        driver.ready();
        return this;
    }

    /// Stops the device, saves it and its transport, and restores both to a fresh device with the same guest: RAM, rings, drivers. Closes
    /// this one.
    /// @param newContext what the fresh device lives in
    /// @param create makes it
    /// @return where the driver goes on
    public TransportBench move(TestContext newContext, Function<? super DeviceContext, ? extends VirtioDevice> create) {
        host.quiesce();
        byte[] device = host.save();
        byte[] saved = function == null ? Objects.requireNonNull(registers).save() : function.save();
        close(false);
        TransportBench next = new TransportBench(function == null ? Transport.MMIO : Transport.PCI, newContext, create, this);
        if (next.root != null) {
            next.root.restore(ADDRESS, saved);
        } else {
            Objects.requireNonNull(next.registers).restore(saved);
        }
        next.host.restore(device);
        next.host.resume();
        return next;
    }

    /// What the device lives in.
    /// @return the context
    public TestContext context() {
        return context;
    }

    /// The device's life.
    /// @return the host
    public VirtioHost host() {
        return host;
    }

    /// Guest RAM.
    /// @return the region that rings and buffers are in
    public GuestRam ram() {
        return ram;
    }

    /// The driver of the transport.
    /// @return the driver
    public VirtioDriver driver() {
        return driver;
    }

    /// The driver's side of a queue.
    /// @param queue its index
    /// @return the ring
    public FakeDriver queue(int queue) {
        return queues.get(queue);
    }

    /// Waits for a chain to be used.
    /// @param queue the queue's index
    /// @return the chain's id
    /// @throws AssertionError when none ever is
    public int await(int queue) {
        long end = System.nanoTime() + 30_000_000_000L;
        int id = queues.get(queue).poll();
        while (id < 0) {
            if (System.nanoTime() > end) {
                throw new AssertionError("queue %d: no chain was used; device status 0x%x".formatted(queue, driver.status()));
            }
            Thread.onSpinWait();
            id = queues.get(queue).poll();
        }
        return id;
    }

    @Override
    public void close() {
        close(true);
    }

    private void close(boolean withRam) {
        host.close();
        if (function != null) {
            function.close();
        }
        if (withRam) {
            ram.close();
        }
    }

    /// The test's context, with the loops that serve the transport.
    private record LoopContext(TestContext context, DeviceThreads threads) implements DeviceContext {
        @Override
        public String id() {
            return context.id();
        }

        @Override
        public HostPlatform host() {
            return context.host();
        }

        @Override
        public EventLoop loop() {
            return threads.loop(0);
        }

        @Override
        public EventLoop loop(int queue) {
            return threads.loop(queue % threads.count());
        }

        @Override
        public MachineServices machine() {
            return context.machine();
        }

        @Override
        public MachineFacts facts() {
            return context.facts();
        }

        @Override
        public DiskOpener disks() {
            return context.disks();
        }

        @Override
        public SerialOpener serials() {
            return context.serials();
        }
    }

    /// A vector that nobody hears.
    private static final class NoVector implements MsiVector {
        @Override
        public void program(long address, int data) {}

        @Override
        public void raise() {}

        @Override
        public Optional<HostEvent> event() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }
}
