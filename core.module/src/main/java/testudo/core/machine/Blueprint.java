package testudo.core.machine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.Attempts;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachinePlan.MemoryRange;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProfile.Feature;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.option.Configuration;
import testudo.spi.virtio.VirtioType;

/// Everything about a machine that can be decided before anything of it exists.
/// @param planned the architecture's plan, with its files open
/// @param devices what devices it gets
/// @param facts what devices are told about it
/// @param commandLine the guest's kernel command line
/// @param images the files that are loaded into it, open until [#close()]
record Blueprint(
        PlannedMachine planned, List<DeviceSpec> devices, MachineFacts facts, String commandLine,
        List<KernelImage> images) implements AutoCloseable {
    private static final long MIB = 1L << 20;
    private static final long FOUR_GIB = 1L << 32;

    /// Decides everything.
    /// @throws VmmException.Config with every problem of the first step that has some
    static Blueprint draw(Providers providers, Configuration configuration, HypervisorProfile profile) {
        List<KernelImage> images = new ArrayList<>();
        boolean done = false;
        try {
            Optional<KernelImage> kernel = open(configuration, MachineOptions.KERNEL, "kernel", images);
            Optional<KernelImage> initrd = open(configuration, MachineOptions.INITRD, "initrd", images);
            Optional<KernelImage> firmware = open(configuration, MachineOptions.BIOS, "firmware", images);
            checkBoot(kernel, firmware);
            checkRepeatable(configuration, profile);
            ArchitectureProvider architecture = Selection.architecture(providers.architectures(), kernel, profile);
            checkOptions(providers.architectures(), architecture, configuration);
            int vcpus = vcpus(configuration, profile);
            IrqchipMode mode = irqchip(configuration, profile);
            MachineRequest request = new MachineRequest(kernel, initrd, firmware, memoryBytes(configuration), vcpus, mode, configuration);
            PlannedMachine planned = architecture.plan(request, profile);
            MachineFacts facts = facts(planned, request, providers.virtioTypes());
            List<DeviceSpec> devices = devices(providers, configuration, facts);
            String commandLine = CommandLines.assemble(planned.plan().commandLine(), devices, configuration);
            done = true;
            return new Blueprint(planned, devices, facts, commandLine, images);
        } finally {
            if (!done) {
                images.forEach(KernelImage::close);
            }
        }
    }

    static IrqchipMode irqchip(Configuration configuration, HypervisorProfile profile) {
        var wanted = configuration.value(MachineOptions.IRQCHIP).map(MachineOptions.Irqchip::mode);
        if (wanted.isPresent() && !profile.irqchipModes().contains(wanted.get())) {
            throw new VmmException.Config("--irqchip %s: hypervisor %s offers %s"
                    .formatted(wanted.get().name().toLowerCase(java.util.Locale.ROOT), profile.id(), profile.irqchipModes()));
        }
        return wanted.orElseGet(() -> profile.irqchipModes().getFirst());
    }

    private static int vcpus(Configuration configuration, HypervisorProfile profile) {
        int vcpus = configuration.value(MachineOptions.CPUS).map(MachineOptions.Cpus::numCores).orElse(1);
        if (vcpus > profile.maxVcpus()) {
            throw new VmmException.Config(
                    "--cpus %d: hypervisor %s has at most %d vCPUs".formatted(vcpus, profile.id(), profile.maxVcpus()));
        }
        return vcpus;
    }

    private static long memoryBytes(Configuration configuration) {
        return configuration.value(MachineOptions.MEM).map(MachineOptions.Memory::size).orElse(256L) * MIB;
    }

    /// An option of another architecture would do nothing.
    private static void checkOptions(
            List<ArchitectureProvider> installed, ArchitectureProvider chosen, Configuration configuration) {
        List<String> problems = installed.stream()
                .flatMap(architecture -> architecture.options().stream())
                .filter(option -> !chosen.options().contains(option) && !configuration.all(option).isEmpty())
                .map(option -> "--%s: %s machines have no such option".formatted(option.name(), chosen.id()))
                .toList();
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
    }

    private static void checkBoot(Optional<KernelImage> kernel, Optional<KernelImage> firmware) {
        if (kernel.isEmpty() && firmware.isEmpty()) {
            throw new VmmException.Config("nothing to boot: name a KERNEL, or firmware with --bios");
        }
        if (kernel.isPresent() && firmware.isPresent()) {
            throw new VmmException.Config("a KERNEL and --bios exclude each other: give one of them");
        }
    }

    /// Devices of a machine that repeats itself work when a vCPU waits for them, which those in other processes would not.
    private static void checkRepeatable(Configuration configuration, HypervisorProfile profile) {
        if (profile.features().contains(Feature.REPEATABLE) && DeviceProcesses.wanted(configuration)) {
            throw new VmmException.Config(
                    "a deterministic machine has its devices in its own process: add --disable-sandbox (hypervisor %s)".formatted(profile
                            .id()));
        }
    }

    private static Optional<KernelImage> open(
            Configuration configuration,
            testudo.spi.option.OptionDeclaration<java.nio.file.Path> option,
            String what,
            List<KernelImage> images) {
        Optional<KernelImage> image = configuration.value(option).map(path -> KernelImage.open(path, what));
        image.ifPresent(images::add);
        return image;
    }

    private static MachineFacts facts(PlannedMachine planned, MachineRequest request, List<VirtioType> types) {
        long below = 0;
        long above = 0;
        for (MemoryRange range : planned.plan().memory()) {
            if (range.purpose() != Purpose.RAM) {
                continue;
            }
            if (range.gpa() < FOUR_GIB) {
                below = Math.max(below, range.gpa() + range.sizeBytes());
            } else {
                above += range.sizeBytes();
            }
        }
        return new MachineFacts(planned.plan().architecture(), request.vcpus(), request.memoryBytes(), below, above, types);
    }

    private static List<DeviceSpec> devices(Providers providers, Configuration configuration, MachineFacts facts) {
        Optional<DeviceProcesses> apart = DeviceProcesses.of(configuration);
        Attempts attempts = new Attempts();
        List<DeviceSpec> devices = new ArrayList<>();
        Map<String, String> owners = new HashMap<>();
        DeviceSpec.BackendNeeds needs = Networks.needs(providers.networks());
        for (DeviceProvider provider : providers.devices()) {
            attempts.check(() -> {
                for (DeviceSpec device : provider.devices(configuration, facts)) {
                    String other = owners.putIfAbsent(device.id(), provider.id());
                    if (other != null) {
                        attempts.refuse("two devices are called '%s', from %s and %s".formatted(device.id(), other, provider.id()));
                    }
                    devices.add(apart.isPresent() ? apart.get().apart(provider, device, configuration, facts, needs) : device);
                }
            });
        }
        attempts.finish();
        return List.copyOf(devices);
    }

    @Override
    public void close() {
        images.forEach(KernelImage::close);
    }
}
