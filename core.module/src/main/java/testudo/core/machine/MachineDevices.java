package testudo.core.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import testudo.core.bus.Bus;
import testudo.core.bus.BusDevice;
import testudo.core.bus.LockedDevice;
import testudo.core.loop.GuardedLoop;
import testudo.core.loop.LoopThread;
import testudo.core.machine.MachineOptions.VirtioTransport;
import testudo.core.pci.HostBridge;
import testudo.core.pci.PciDeviceFunction;
import testudo.core.pci.PciFunction;
import testudo.core.pci.PciRoot;
import testudo.core.pci.RootPort;
import testudo.core.vhost.KernelServedDevice;
import testudo.core.virtio.DeviceThreads;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.core.virtio.OffloadedDevice;
import testudo.core.virtio.VirtioHost;
import testudo.core.virtio.VirtioMmioRegisters;
import testudo.core.virtio.VirtioPciFunction;
import testudo.spi.VmmException;
import testudo.spi.arch.MachineLayout.PlatformNode;
import testudo.spi.arch.MachinePlan;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.hypervisor.MemoryDiscard;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.hypervisor.Vm;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.pci.PciAddress;
import testudo.spi.pci.PciDevice;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.PlatformDevice;
import testudo.spi.platform.Resource;
import testudo.spi.virtio.VirtioDevice;

/// The devices of a machine: makes them, puts them on the buses, closes them, newest first.
final class MachineDevices implements AutoCloseable {
    /// Stands on the bus where memory is, so that nothing else can. Only what memory does not take, such as a write to firmware, gets here.
    private static final BusDevice MEMORY = new BusDevice() {
        @Override
        public long read(long offset, int sizeBytes) {
            return -1;
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {}
    };

    /// How often devices may give each other something to do before a vCPU goes on all the same.
    private static final int MOST_SETTLING = 100;

    private final HostPlatform host;
    private final Vm vm;
    private final InterruptController interrupts;
    private final Contexts contexts;
    private final MachinePlan plan;
    private final LoopThread machineLoop;
    /// Those of virtio devices; any thread.
    private final List<DeviceThreads> loops = new CopyOnWriteArrayList<>();
    private final ControlRequests requests;
    private final Bus ports = new Bus("port");
    private final Bus addresses = new Bus("address");
    private final GuestCalls calls = new GuestCalls();
    private final PciRoot root;
    private final List<PlatformNode> platformNodes = new ArrayList<>();
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final HotPlugSlots hotPlug;

    MachineDevices(
            Vm vm, InterruptController interrupts, Contexts contexts, MachinePlan plan, LoopThread loop, ControlRequests requests) {
        this.host = contexts.host();
        this.vm = vm;
        this.interrupts = interrupts;
        this.contexts = contexts;
        this.plan = plan;
        this.machineLoop = loop;
        this.requests = requests;
        root = new PciRoot(
                plan.pci(), ports, addresses, () -> contexts.events().event("port 0xCF9", MachineEvent.RESET, 0));
        hotPlug = new HotPlugSlots(root, loop);
        plan.memory().forEach(range -> addresses.add(range.gpa(), range.sizeBytes(), range.purpose() + " memory", MEMORY));
        interrupts.devices().forEach(placed -> register(placed.id(), placed.device(), placed.resources(), new ReentrantLock()));
    }

    Bus ports() {
        return ports;
    }

    Bus addresses() {
        return addresses;
    }

    GuestCalls calls() {
        return calls;
    }

    /// Makes everything.
    /// @throws VmmException when a device can't be made; what was made is closed with this
    void create(List<DeviceSpec> devices, VirtioTransport transport) {
        Map<DeviceSpec, PciAddress> places = DevicePlacement.place(devices, transport);
        root.add(new PciAddress(0, 0, 0), new HostBridge(plan.pci().hostVendorId(), plan.pci().hostDeviceId()));
        for (DeviceSpec device : devices) {
            if (device instanceof DeviceSpec.Platform platform) {
                platform(platform);
            }
        }
        BootOrder order = new BootOrder();
        places.forEach((device, address) -> {
            PciFunction function = device instanceof DeviceSpec.Virtio virtio ? virtio(virtio, address) : pci((DeviceSpec.Pci) device);
            root.add(address, function);
            if (device instanceof DeviceSpec.Virtio virtio) {
                order.add(virtio.bootIndex(), address, function);
            }
        });
        contexts.bootOrder().addAll(order.paths());
        MmioSlots slots = new MmioSlots(plan, root);
        for (DeviceSpec device : devices) {
            if (device instanceof DeviceSpec.Virtio virtio && !places.containsKey(virtio)) {
                mmio(virtio, slots.next(virtio.id()));
            }
        }
        rootPorts();
        wirePins();
        closing.add(hotPlug);
    }

    /// Plugs a device into a free slot while the guest runs. On the machine's loop.
    /// @return the number of the bus that it is on
    /// @throws VmmException when no slot is free or the device can't be made
    int plug(DeviceSpec.Virtio spec) {
        return hotPlug.plug(address -> {
            VirtioHost life = make(spec);
            try {
                MsiVector[] vectors = vectors(life.traits().queueSizes().size() + 1, address);
                return new HotPlugSlots.Plugged(life, new VirtioPciFunction(life, vectors, vm.capability(IoEvents.class).orElse(null)));
            } catch (RuntimeException e) {
                life.close();
                throw e;
            }
        });
    }

    /// Asks the guest to give a plugged device up. On the machine's loop.
    /// @param bus what [#plug] has answered
    /// @return completes when the device is gone
    /// @throws VmmException.Config when there is none, or it was asked for already
    CompletionStage<Void> unplug(long bus) {
        return hotPlug.unplug(bus);
    }

    private void rootPorts() {
        int device = root.functions().stream()
                .mapToInt(entry -> entry.getKey().device())
                .max()
                .orElse(0);
        for (int port = 1; port <= plan.pci().rootPorts(); port++) {
            if (device + port > 31) {
                throw new VmmException.Config("PCI bus 0 is full: no room for root port %d".formatted(port));
            }
            PciAddress address = new PciAddress(0, device + port, 0);
            RootPort made = new RootPort(port, port, interrupts.newMsiVector(address.requesterId()));
            closing.add(made);
            root.add(address, made);
            hotPlug.add(made);
        }
    }

    private void wirePins() {
        int shared = plan.interrupts().pciPins();
        int next = 0;
        for (Map.Entry<PciAddress, PciFunction> entry : root.functions()) {
            PciFunction function = entry.getValue();
            if (shared > 0 && function.traits().usesPin()) {
                int gsi = plan.interrupts().firstPciPin() + next++ % shared;
                function.wirePin(entry.getKey().function() % 4 + 1, interrupts.line(gsi, Trigger.LEVEL), gsi);
            }
        }
    }

    private PciFunction virtio(DeviceSpec.Virtio spec, PciAddress address) {
        VirtioHost life = life(spec);
        MsiVector[] vectors = vectors(life.traits().queueSizes().size() + 1, address);
        VirtioPciFunction function = new VirtioPciFunction(life, vectors, vm.capability(IoEvents.class).orElse(null));
        closing.add(function::unbind); // before the device itself
        closing.add(0, function::close); // after it
        return function;
    }

    private void mmio(DeviceSpec.Virtio spec, MmioSlots.Slot slot) {
        VirtioMmioRegisters registers = new VirtioMmioRegisters(
                life(spec), interrupts.line(slot.irq().gsi(), slot.irq().trigger()), vm.capability(IoEvents.class).orElse(null));
        closing.add(registers::unbind); // before the device itself
        registers.placed(slot.registers().gpa());
        addresses.add(slot.registers().gpa(), slot.registers().sizeBytes(), spec.id(), registers);
        platformNodes.add(new PlatformNode(
                spec.id(), Optional.of(FirmwareNode.VIRTIO_MMIO), List.of(slot.registers(), slot.irq())));
    }

    /// Makes a virtio device with its loops; closed with this.
    private VirtioHost life(DeviceSpec.Virtio spec) {
        VirtioHost life = make(spec);
        closing.add(life);
        if (life.device() instanceof CommandTarget target) {
            requests.add(target, life.loop());
        } else if (spec.factory() instanceof DeviceProcess process) {
            process.listen(life.loop(), contexts.services(spec.id())).ifPresent(answering -> requests.add(answering, life.loop()));
        }
        return life;
    }

    private VirtioHost make(DeviceSpec.Virtio spec) {
        DeviceThreads threads = new DeviceThreads(spec.id(), host);
        loops.removeIf(DeviceThreads::ended);
        loops.add(threads);
        VirtioDevice device = null;
        try {
            device = KernelServedDevice.wrap(spec.factory().create(contexts.virtio(spec.id(), threads)), host, threads.loop(0));
            if (device instanceof OffloadedDevice offloaded) {
                offloaded.share(vm.memory(), vm.capability(MemoryHandles.class));
            }
            return new VirtioHost(spec.id(), device, threads, host, memory(), contexts.services(spec.id()));
        } catch (RuntimeException | Error e) {
            threads.close();
            if (device != null) {
                device.close();
            }
            if (e instanceof VmmException.Host failure) {
                throw named(spec, failure);
            }
            throw e;
        }
    }

    private DeviceMemory memory() {
        return new GuestDeviceMemory(
                vm.memory(),
                vm.capability(MemoryDiscard.class).<GuestDeviceMemory.Discard>map(found -> found::discard).orElse((gpa, size) -> {}));
    }

    /// A failure with the device it is about; its options are in `--dump-machine` by the same name.
    private static VmmException named(DeviceSpec spec, VmmException.Host failure) {
        return new VmmException.Host(failure.kind(), "%s: %s".formatted(spec.id(), failure.getMessage()), failure);
    }

    private MsiVector[] vectors(int count, PciAddress address) {
        MsiVector[] vectors = new MsiVector[count];
        int made = 0;
        try {
            while (made < count) {
                vectors[made] = interrupts.newMsiVector(address.requesterId());
                made++;
            }
            return vectors;
        } finally {
            for (int i = 0; made < count && i < made; i++) {
                vectors[i].close();
            }
        }
    }

    private PciFunction pci(DeviceSpec.Pci spec) {
        ReentrantLock lock = new ReentrantLock();
        PciDevice device = make(spec, lock, () -> spec.factory().create(contexts.pci(spec.id(), locked(lock))));
        return new PciDeviceFunction(spec.id(), device, lock);
    }

    private void platform(DeviceSpec.Platform spec) {
        ReentrantLock lock = new ReentrantLock();
        EventLoop loop = locked(lock);
        List<InterruptLine> lines = new ArrayList<>();
        for (Resource resource : spec.resources()) {
            if (resource instanceof Resource.Irq irq) {
                lines.add(interrupts.line(irq.gsi(), irq.trigger()));
            }
        }
        PlatformDevice device = make(spec, lock, () -> spec.factory().create(contexts.platform(spec.id(), loop, lines, memory())));
        if (device instanceof CommandTarget target) {
            requests.add(target, loop);
        }
        register(spec.id(), device, spec.resources(), lock);
        Optional<FirmwareNode> node = spec.firmware();
        platformNodes.add(new PlatformNode(spec.id(), node, spec.resources()));
    }

    /// The machine's loop for a device that vCPUs call too: its handlers hold the device's lock.
    private EventLoop locked(ReentrantLock lock) {
        return new GuardedLoop(machineLoop, (handler, ready) -> {
            lock.lock();
            try {
                handler.ready(ready);
            } finally {
                lock.unlock();
            }
        });
    }

    /// Makes a device, and closes it later, under its lock: the machine's loop runs already and may have something for it.
    private <D extends AutoCloseable> D make(DeviceSpec spec, ReentrantLock lock, Supplier<D> factory) {
        lock.lock();
        try {
            D device = factory.get();
            closing.add(() -> {
                lock.lock();
                try {
                    device.close();
                } finally {
                    lock.unlock();
                }
            });
            return device;
        } catch (VmmException.Host failure) {
            throw named(spec, failure);
        } finally {
            lock.unlock();
        }
    }

    private void register(String id, PlatformDevice device, List<Resource> resources, ReentrantLock lock) {
        for (int i = 0; i < resources.size(); i++) {
            try {
                Resource resource = resources.get(i); // an interrupt is wired already
                if (resource instanceof Resource.Ports(int first, int count)) {
                    ports.add(first, count, id, new LockedDevice(device, i, lock));
                } else if (resource instanceof Resource.Mmio(long gpa, long size)) {
                    addresses.add(gpa, size, id, new LockedDevice(device, i, lock));
                } else if (resource instanceof Resource.Calls(long extension)) {
                    calls.add(extension, id, device, i, lock);
                }
            } catch (IllegalArgumentException overlap) {
                throw new VmmException.Config(String.valueOf(overlap.getMessage()));
            }
        }
    }

    /// Waits until the devices have done what there is to do, and what that led to. Not on one of their loops.
    void settle() {
        boolean worked = true;
        for (int round = 0; worked && round < MOST_SETTLING; round++) {
            worked = machineLoop.settle();
            for (DeviceThreads threads : loops) {
                worked |= threads.settle();
            }
        }
    }

    /// The PCI functions, for firmware tables.
    List<testudo.spi.arch.MachineLayout.PciFunction> pciNodes() {
        return root.functions().stream().map(MachineDevices::node).toList();
    }

    private static testudo.spi.arch.MachineLayout.PciFunction node(Map.Entry<PciAddress, PciFunction> entry) {
        PciFunction function = entry.getValue();
        return new testudo.spi.arch.MachineLayout.PciFunction(
                entry.getKey(),
                function.pinNumber(),
                function.gsi(),
                function.traits().classCode(),
                function.secondaryBus());
    }

    /// The platform devices, for firmware tables.
    List<PlatformNode> platformNodes() {
        return List.copyOf(platformNodes);
    }

    @Override
    public void close() {
        RuntimeException first = null;
        for (AutoCloseable device : closing.reversed()) {
            try {
                device.close();
            } catch (Exception e) { // the others are closed all the same
                if (first == null) {
                    first = new IllegalStateException("a device could not be closed", e);
                }
            }
        }
        closing.clear();
        if (first != null) {
            throw first;
        }
    }
}
