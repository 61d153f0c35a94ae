package testudo.testing.bench;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import testudo.core.bus.Bus;
import testudo.core.option.ConfigurationBuilder;
import testudo.core.pci.PciRoot;
import testudo.core.virtio.DeviceThreads;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.core.virtio.VirtioHost;
import testudo.core.virtio.VirtioPciFunction;
import testudo.plugin.disk.raw.RawFormat;
import testudo.plugin.virtio.block.BlockProvider;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices;
import testudo.spi.disk.DiskOpener;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.SharedMemory;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;
import testudo.spi.serial.SerialOpener;
import testudo.spi.virtio.VirtioFeature;

/// Our block device behind virtio-pci, in this process, on its own event loop: everything but a hypervisor.
///
/// Where KVM would have an ioeventfd the driver signals the kick event, and where it would have an irqfd the vector signals the call event.
final class TestudoDisk implements BlockTarget {
    private static final PciAddress ADDRESS = new PciAddress(0, 1, 0);
    private static final MachineFacts FACTS = new MachineFacts("x86_64", 1, RAM_BYTES, RAM_GPA + RAM_BYTES, 0);

    private final HostPlatform host;
    private final SharedMemory ram;
    private final HostEvent call;
    private final VirtioHost device;
    private final VirtioPciFunction function;

    /// How a disk is opened.
    /// @param path its image
    /// @param direct whether past the page cache
    /// @param executor `uring` or `epoll`, as in `--block`
    record Image(Path path, boolean direct, String executor) {
        /// What `--block` is given.
        String option() {
            return "%s,lock=false,direct=%b,block-size=%d,async-executor=%s"
                    .formatted(path, direct, direct ? BlockDriver.BLOCK_BYTES : 512, executor);
        }
    }

    /// Makes the device and brings it up as a driver does, with the ring of [GuestRing].
    /// @param image the disk
    /// @param host the platform
    TestudoDisk(Image image, HostPlatform host) {
        this.host = host;
        ram = host.memory().create("bench", RAM_BYTES);
        call = host.events().newEvent();
        GuestMemory memory = new GuestMemory();
        memory.add(new GuestRegion(RAM_GPA, RAM_BYTES, GuestRegion.Purpose.RAM, GuestRegion.HostAccess.ALL, ram.bytes()));
        DeviceSpec.Virtio spec = spec(image);
        DeviceThreads threads = new DeviceThreads(spec.id(), host);
        Context context = new Context(spec.id(), host, threads);
        device = new VirtioHost(spec.id(), spec.factory().create(context), threads, host,
                new GuestDeviceMemory(memory, (gpa, lengthBytes) -> {}), context);
        CallVector[] vectors = new CallVector[device.traits().queueSizes().size() + 1];
        for (int i = 0; i < vectors.length; i++) {
            vectors[i] = new CallVector(call);
        }
        function = new VirtioPciFunction(device, vectors, null);
        bringUp();
    }

    private static DeviceSpec.Virtio spec(Image image) {
        BlockProvider provider = new BlockProvider();
        OptionDeclaration<?> block = provider.options().stream().filter(option -> option.name().equals("block")).findFirst()
                .orElseThrow();
        List<DeviceSpec> specs = provider.devices(
                new ConfigurationBuilder(provider.options()).text(block, image.option()).build(), FACTS);
        return (DeviceSpec.Virtio) specs.getFirst();
    }

    private void bringUp() {
        Bus addresses = new Bus("address");
        Window none = new Window(0, 0);
        PciRoot root = new PciRoot(
                new PciHost(-1, new Window(0xE000_0000L, 1L << 20), 12, none, new Window(0xC000_0000L, 1L << 20), none, 0, 0, 0),
                new Bus("port"), addresses, () -> {});
        root.add(ADDRESS, function);
        new VirtioPciDriver(root, addresses, ADDRESS).start(RAM_GPA, VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | FLUSH);
    }

    @Override
    public MemorySegment ram() {
        return ram.bytes();
    }

    @Override
    public HostEvent kick() {
        return device.kick(0);
    }

    @Override
    public HostEvent call() {
        return call;
    }

    @Override
    public HostEvents events() {
        return host.events();
    }

    /// That of this process, where the calling thread is the driver.
    @Override
    public long processorNanos() throws IOException {
        return Programs.processorNanos(ProcessHandle.current().pid()) - ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Override
    public void close() {
        device.close();
        function.close();
        call.close();
        ram.close();
    }

    /// What the device lives in. A machine event can only be a failure here.
    private record Context(String id, HostPlatform host, DeviceThreads threads) implements DeviceContext, MachineServices {
        @Override
        public EventLoop loop() {
            return threads.loop(0);
        }

        @Override
        public MachineServices machine() {
            return this;
        }

        @Override
        public MachineFacts facts() {
            return FACTS;
        }

        @Override
        public DiskOpener disks() {
            return request -> {
                EnumSet<Mode> modes = EnumSet.of(Mode.READ, Mode.WRITE);
                if (request.direct()) {
                    modes.add(Mode.DIRECT);
                }
                return new RawFormat().open(request, host.files().open(request.path(), modes), host);
            };
        }

        @Override
        public SerialOpener serials() {
            throw new IllegalStateException("a disk has no serial port");
        }

        @Override
        public void event(MachineEvent event, int detail) {
            throw new IllegalStateException("%s: %s".formatted(id, event));
        }

        @Override
        public List<String> bootOrder() {
            return List.of();
        }
    }
}
