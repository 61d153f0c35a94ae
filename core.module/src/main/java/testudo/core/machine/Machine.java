package testudo.core.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.control.ControlServer;
import testudo.core.loop.LoopThread;
import testudo.spi.VmmException;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachinePlan.MemoryRange;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VirtualTime;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerProvider;
import testudo.spi.irq.KernelInterruptController;
import testudo.spi.irq.MsiInjector;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.option.Configuration;

/// A machine, from its blueprint to its end. Made, run and closed by one thread.
///
/// Stop order: vCPUs out of run, control socket, devices (newest first), machine loop, interrupt controllers, virtual machine with its memory.
final class Machine implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Machine.class);

    private final Configuration configuration;
    private final Blueprint blueprint;
    private final HostPlatform host;
    private final MachineEvents events = new MachineEvents();
    private final List<String> bootOrder = new ArrayList<>();
    private final List<VcpuThread> vcpus = new ArrayList<>();
    private final List<AutoCloseable> closing = new ArrayList<>();
    private final Vm vm;

    Machine(Configuration configuration, Blueprint blueprint, Hypervisor hypervisor, Providers providers, HostPlatform host) {
        this.configuration = configuration;
        this.blueprint = blueprint;
        this.host = host;
        IrqchipMode mode = Blueprint.irqchip(configuration, hypervisor.profile());
        String name = configuration.value(MachineOptions.NAME).orElse("testudo");
        vm = hypervisor.createVm(new VmRequest(name, blueprint.facts().vcpus(), mode));
        closing.add(vm);
        boolean done = false;
        try {
            build(mode, providers);
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private void build(IrqchipMode mode, Providers providers) {
        for (DeviceProcess process : DeviceProcesses.of(blueprint.devices())) {
            closing.add(process); // in case the machine fails before the device is made
            process.start(host);
        }
        for (MemoryRange range : blueprint.planned().plan().memory()) {
            vm.addMemory(new MemoryRequest(
                    range.gpa(), range.sizeBytes(), range.purpose(), range.purpose() == Purpose.FIRMWARE));
        }
        LoopThread loop = new LoopThread("machine", host, this::loopFailed);
        closing.add(loop);
        loop.start();
        InterruptController interrupts = interrupts(mode, providers, loop);
        closing.add(closing.indexOf(loop), interrupts); // closed after the loop
        ControlRequests requests = new ControlRequests(events);
        Optional<VirtualTime> time = vm.capability(VirtualTime.class);
        HostPlatform seen = time.<HostPlatform>map(counted -> new RepeatableHost(host, counted)).orElse(host);
        Contexts contexts = new Contexts(seen, blueprint.facts(), events, bootOrder, providers);
        MachineDevices devices = new MachineDevices(vm, interrupts, contexts, blueprint.planned().plan(), loop, requests);
        closing.add(devices);
        devices.create(blueprint.devices(), MachineOptions.virtioTransport(configuration));
        requests.hotPlug(new HotPlug(providers.devices(), devices, DeviceProcesses.wanted(configuration)));
        MachineLayout layout = new MachineLayout(devices.pciNodes(), devices.platformNodes(), blueprint.commandLine());
        blueprint.planned().load(vm.memory(), layout);
        for (int i = 0; i < blueprint.facts().vcpus(); i++) {
            Vcpu vcpu = vm.createVcpu(i);
            vcpu.setBootState(blueprint.planned().bootState(i));
            int index = i;
            VcpuThread thread = new VcpuThread(
                    vcpu,
                    time.isPresent()
                            ? new SettlingExits(i, devices, interrupts, events)
                            : new MachineExits(i, devices, interrupts, events),
                    events,
                    page -> blueprint.planned().startupState(index, page).orElseThrow());
            if (mode == IrqchipMode.USERSPACE && i > 0 && blueprint.planned().startupState(i, 0).isPresent()) {
                thread.awaitStartup();
            }
            vcpus.add(thread);
        }
        vm.seal();
        configuration.value(MachineOptions.SOCKET).ifPresent(path -> {
            ControlServer server = new ControlServer(path, host, loop, requests::handle);
            closing.add(server);
        });
        watchTermination(loop);
    }

    private void watchTermination(LoopThread loop) {
        HostEvent termination = host.events().newEvent();
        closing.add(closing.indexOf(loop), termination);
        loop.watch(termination, Poller.READABLE, ready -> {
            termination.consume();
            events.event("signal", MachineEvent.EXIT, 0);
        });
        host.terminals().signalOnTermination(termination);
    }

    private InterruptController interrupts(IrqchipMode mode, Providers providers, LoopThread loop) {
        if (mode == IrqchipMode.KERNEL) {
            return vm.capability(KernelInterruptController.class)
                    .orElseThrow(() -> new IllegalStateException("the hypervisor promised an interrupt controller"))
                    .create(blueprint.planned().plan().interrupts());
        }
        String architecture = blueprint.facts().architecture();
        Optional<InterruptControllerProvider> provider = providers.controllers().stream()
                .filter(candidate -> candidate.serves(architecture, mode))
                .findFirst();
        if (provider.isEmpty()) {
            throw new VmmException.Config(
                    "no installed module provides %s interrupt controllers for %s".formatted(mode, architecture));
        }
        return provider.get().create(new ControllerContext(
                mode,
                blueprint.planned().plan().interrupts(),
                blueprint.facts().vcpus(),
                host,
                loop,
                vm.capability(MsiInjector.class),
                new Control(vcpus)));
    }

    private void loopFailed(Throwable failure) {
        LOG.error("machine: stopped by an internal error", failure);
        events.event("machine", MachineEvent.CRASH, 0);
    }

    /// Runs the guest until the machine ends.
    RunResult run() {
        vcpus.forEach(VcpuThread::start);
        try {
            return events.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return RunResult.EXIT;
        }
    }

    @Override
    public void close() {
        vcpus.forEach(VcpuThread::stop);
        if (!vcpus.isEmpty()) { // what the last of them executed counts too
            vm.capability(VirtualTime.class).ifPresent(time -> LOG.info("the guest has executed {} instructions", time.instructions()));
        }
        for (AutoCloseable part : closing.reversed()) {
            try {
                part.close();
            } catch (Exception e) { // the rest is closed all the same; the machine is ending
                LOG.error("machine: a part could not be closed", e);
            }
        }
        closing.clear();
    }
}
