package testudo.core.machine;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.machine.MachineOptions.VirtioTransport;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.MachinePlan;
import testudo.spi.device.DeviceSpec;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;
import testudo.spi.riscv.RiscvProfile;
import testudo.spi.x86.X86Profile;

/// What can be done with machines: list the options, say what one would look like, run one.
public final class Machines {
    private static final Logger LOG = LoggerFactory.getLogger(Machines.class);

    private static final int IDEAL_VCPUS = 254;
    private static final int IDEAL_ADDRESS_BITS = 46;
    private static final List<String> IDEAL_RISCV = List.of("i", "m", "a", "f", "d", "c", "zicsr", "zifencei", "smaia", "ssaia", "sstc");

    private Machines() {}

    /// All options of `run`: the core's and those of all providers, each once.
    /// @param providers what is installed
    /// @return declarations
    public static List<OptionDeclaration<?>> options(Providers providers) {
        Set<OptionDeclaration<?>> options = new LinkedHashSet<>(MachineOptions.ALL);
        providers.hypervisors().forEach(provider -> options.addAll(provider.options()));
        providers.architectures().forEach(provider -> options.addAll(provider.options()));
        providers.devices().forEach(provider -> options.addAll(provider.options()));
        return List.copyOf(options);
    }

    /// Makes a machine and runs it to its end.
    /// @param configuration what the user wants
    /// @param providers what is installed
    /// @return how it ended
    /// @throws VmmException when it can't be made
    public static RunResult run(Configuration configuration, Providers providers) {
        HostPlatform host = providers.host();
        Selection.Chosen chosen = Selection.hypervisor(providers, configuration, host);
        try (Hypervisor hypervisor = chosen.hypervisor();
                Blueprint blueprint = Blueprint.draw(providers, chosen.configuration(), hypervisor.profile())) {
            LOG.info("booting {}", blueprint.planned().plan().description());
            try (Machine machine = new Machine(chosen.configuration(), blueprint, hypervisor, providers, host)) {
                DeviceProcesses.confineMachine(chosen.configuration());
                return machine.run();
            }
        }
    }

    /// Checks everything and describes the machine that would be made.
    /// @param configuration what the user wants
    /// @param providers what is installed
    /// @return a JSON value
    /// @throws VmmException when it could not be made
    public static Map<String, Object> dump(Configuration configuration, Providers providers) {
        Selection.Chosen chosen;
        try {
            chosen = Selection.hypervisor(providers, configuration, providers.host());
        } catch (VmmException.Host unusable) { // a plan needs no hypervisor: this one is made for one that can do everything
            LOG.warn("{}; planning for a hypervisor that has every facility", unusable.getMessage());
            return describe(configuration, providers, ideal(providers));
        }
        try (Hypervisor hypervisor = chosen.hypervisor()) {
            return describe(chosen.configuration(), providers, hypervisor.profile());
        }
    }

    private static HypervisorProfile ideal(Providers providers) {
        return new HypervisorProfile(
                "none",
                providers.architectures().stream().map(ArchitectureProvider::id).collect(Collectors.toSet()),
                IDEAL_VCPUS,
                IDEAL_ADDRESS_BITS,
                List.of(IrqchipMode.KERNEL, IrqchipMode.SPLIT, IrqchipMode.USERSPACE),
                Set.of(HypervisorProfile.Feature.values()),
                Optional.of(new X86Profile(List.of(), List.of(), true, 0)),
                Optional.of(new RiscvProfile(IDEAL_RISCV, 57, 10_000_000, 64, 2047)));
    }

    private static Map<String, Object> describe(Configuration configuration, Providers providers, HypervisorProfile profile) {
        try (Blueprint blueprint = Blueprint.draw(providers, configuration, profile)) {
            return describe(blueprint, profile.id(), MachineOptions.virtioTransport(configuration));
        }
    }

    private static Map<String, Object> describe(Blueprint blueprint, String hypervisor, VirtioTransport transport) {
        MachinePlan plan = blueprint.planned().plan();
        Map<String, Object> machine = new LinkedHashMap<>();
        machine.put("hypervisor", hypervisor);
        machine.put("architecture", plan.architecture());
        machine.put("boots", plan.description());
        machine.put("vcpus", (long) blueprint.facts().vcpus());
        machine.put("memory", plan.memory().stream().map(Machines::range).toList());
        machine.put("command_line", blueprint.commandLine());
        Map<DeviceSpec, PciAddress> places = DevicePlacement.place(blueprint.devices(), transport);
        List<Object> devices = new ArrayList<>();
        for (DeviceSpec device : blueprint.devices()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("id", device.id());
            PciAddress address = places.get(device);
            if (address != null) {
                entry.put("pci", address.toString());
            } else if (device instanceof DeviceSpec.Platform platform) {
                entry.put("resources", platform.resources().stream().map(Object::toString).toList());
            } else {
                entry.put("transport", "mmio");
            }
            devices.add(entry);
        }
        machine.put("devices", devices);
        machine.put("details", blueprint.planned().details());
        return machine;
    }

    private static Object range(MachinePlan.MemoryRange range) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("start", "0x%x".formatted(range.gpa()));
        entry.put("size", "0x%x".formatted(range.sizeBytes()));
        entry.put("purpose", range.purpose().toString());
        return entry;
    }
}
