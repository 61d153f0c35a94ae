package testudo.testing.machine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import testudo.arch.x86_64.X86Architecture;
import testudo.core.machine.Machines;
import testudo.core.machine.Providers;
import testudo.core.machine.RunResult;
import testudo.core.option.ConfigurationBuilder;
import testudo.core.vhost.VhostUserProvider;
import testudo.platform.linux.LinuxPlatform;
import testudo.plugin.acpi.pm.AcpiPmProvider;
import testudo.plugin.disk.raw.RawFormat;
import testudo.plugin.irqchip.x86.PcInterruptControllerProvider;
import testudo.plugin.keyboard.KeyboardControllerProvider;
import testudo.plugin.pvpanic.PvpanicProvider;
import testudo.plugin.serial.backends.HostBackends;
import testudo.plugin.serial.uart.UartProvider;
import testudo.plugin.virtio.block.BlockProvider;
import testudo.plugin.virtio.rng.RngProvider;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.device.DeviceProvider;
import testudo.spi.host.HostPlatform;
import testudo.spi.irq.InterruptControllerProvider;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// A machine of real parts on the fake hypervisor.
final class TestMachine {
    static final HostPlatform HOST = new LinuxPlatform();

    private final Path directory;
    private final List<String[]> options = new ArrayList<>();
    private final List<DeviceProvider> devices = new ArrayList<>(List.of(
            new AcpiPmProvider(),
            new KeyboardControllerProvider(),
            new PvpanicProvider(),
            new UartProvider(),
            new BlockProvider(),
            new RngProvider(),
            new VhostUserProvider()));
    private List<InterruptControllerProvider> controllers = List.of(new PcInterruptControllerProvider());
    private ArchitectureProvider architecture = new X86Architecture();

    TestMachine(Path directory) {
        this.directory = directory;
        option("mem", "16");
        option("disable-sandbox", "true");
        for (int port = 1; port <= 4; port++) {
            option("serial", "type=sink,num=" + port);
        }
    }

    /// Adds an option as on the command line.
    TestMachine option(String name, String text) {
        if (name.equals("serial")) {
            String port = text.substring(text.indexOf("num="));
            options.removeIf(given -> given[1].endsWith(port));
        }
        options.add(new String[]{name, text});
        return this;
    }

    /// Adds a provider of devices.
    TestMachine with(DeviceProvider provider) {
        devices.add(provider);
        return this;
    }

    /// Leaves a provider of devices out.
    TestMachine without(String id) {
        if (!devices.removeIf(provider -> provider.id().equals(id))) {
            throw new IllegalArgumentException(id);
        }
        return this;
    }

    TestMachine withoutInterruptControllers() {
        controllers = List.of();
        return this;
    }

    TestMachine on(ArchitectureProvider other) {
        architecture = other;
        return this;
    }

    /// Runs the machine to its end.
    /// @throws AssertionError when the guest threw
    RunResult run(GuestProgram program) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        GuestProgram reporting = cpu -> {
            try {
                program.run(cpu);
            } catch (RuntimeException | Error thrown) {
                failure.set(thrown);
                throw thrown;
            }
        };
        RunResult result = runUnchecked(new FakeHypervisor(reporting));
        if (failure.get() != null) {
            throw new AssertionError("the guest failed", failure.get());
        }
        return result;
    }

    RunResult runUnchecked(FakeHypervisor hypervisor) {
        Providers providers = new Providers(
                List.of(HOST),
                List.of(hypervisor),
                List.of(architecture),
                devices,
                controllers,
                List.of(new RawFormat()),
                List.of(new HostBackends()),
                List.of());
        return Machines.run(configuration(providers), providers);
    }

    private Configuration configuration(Providers providers) {
        List<OptionDeclaration<?>> declared = Machines.options(providers);
        ConfigurationBuilder builder = new ConfigurationBuilder(declared);
        builder.text(find(declared, "KERNEL"), KernelFile.write(directory).toString());
        options.forEach(option -> builder.text(find(declared, option[0]), option[1]));
        return builder.build();
    }

    private static OptionDeclaration<?> find(List<OptionDeclaration<?>> declared, String name) {
        return declared.stream().filter(option -> option.name().equals(name)).findFirst().orElseThrow(
                () -> new IllegalArgumentException("no option " + name));
    }
}
