package testudo.core.machine;

import java.util.List;
import java.util.Optional;
import testudo.core.virtio.DeviceThreads;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices;
import testudo.spi.disk.DiskOpener;
import testudo.spi.host.HostPlatform;
import testudo.spi.irq.InterruptLine;
import testudo.spi.jail.JailNeeds.Prepared;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.net.NetworkOpener;
import testudo.spi.platform.PlatformDeviceContext;
import testudo.spi.serial.SerialOpener;

/// Makes the contexts that devices live in.
/// @param host the platform
/// @param facts about the machine
/// @param events collects what devices report
/// @param bootOrder firmware's boot order, complete when the guest runs
/// @param providers what is installed
/// @param prepared what was opened for its one device outside of this process's jail
record Contexts(
        HostPlatform host, MachineFacts facts, MachineEvents events, List<String> bootOrder, Providers providers,
        Optional<Prepared> prepared) {
    /// In a process that opens what it needs itself.
    Contexts(HostPlatform host, MachineFacts facts, MachineEvents events, List<String> bootOrder, Providers providers) {
        this(host, facts, events, bootOrder, providers, Optional.empty());
    }

    /// The context of a virtio device.
    DeviceContext virtio(String id, DeviceThreads threads) {
        return new Context(id, threads.loop(0)) {
            @Override
            public EventLoop loop(int queue) {
                return threads.loop(queue % threads.count());
            }
        };
    }

    /// The context of a PCI device that is not virtio.
    DeviceContext pci(String id, EventLoop loop) {
        return new Context(id, loop);
    }

    /// The context of a platform device.
    PlatformDeviceContext platform(String id, EventLoop loop, List<InterruptLine> lines, DeviceMemory memory) {
        return new PlatformContext(id, loop, lines, memory);
    }

    /// What a device may ask of the machine.
    MachineServices services(String id) {
        return new MachineServices() {
            @Override
            public void event(MachineEvent event, int detail) {
                events.event(id, event, detail);
            }

            @Override
            public List<String> bootOrder() {
                return List.copyOf(bootOrder);
            }
        };
    }

    private class Context implements DeviceContext {
        private final String id;
        private final EventLoop loop;

        private Context(String id, EventLoop loop) {
            this.id = id;
            this.loop = loop;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public HostPlatform host() {
            return host;
        }

        @Override
        public EventLoop loop() {
            return loop;
        }

        @Override
        public MachineServices machine() {
            return services(id);
        }

        @Override
        public MachineFacts facts() {
            return facts;
        }

        @Override
        public DiskOpener disks() {
            return new DiskImages(host, providers.disks());
        }

        @Override
        public SerialOpener serials() {
            return new SerialPorts(host, providers.serials(), services(id));
        }

        @Override
        public NetworkOpener networks() {
            return new Networks(host, providers.networks(), prepared);
        }
    }

    private final class PlatformContext extends Context implements PlatformDeviceContext {
        private final List<InterruptLine> lines;
        private final DeviceMemory memory;

        private PlatformContext(String id, EventLoop loop, List<InterruptLine> lines, DeviceMemory memory) {
            super(id, loop);
            this.lines = List.copyOf(lines);
            this.memory = memory;
        }

        @Override
        public DeviceMemory memory() {
            return memory;
        }

        @Override
        public InterruptLine line(int index) {
            return lines.get(index);
        }
    }
}
