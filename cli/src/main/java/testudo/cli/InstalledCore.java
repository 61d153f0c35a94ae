package testudo.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Function;
import testudo.core.control.ControlClient;
import testudo.core.machine.Machines;
import testudo.core.machine.Providers;
import testudo.core.machine.RunResult;
import testudo.core.machine.StandaloneDevices;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.Availability;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.command.ToolProvider;
import testudo.spi.command.ToolProvider.Commands;
import testudo.spi.command.ToolProvider.Tool;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// The core with the providers of this runtime image and of the plugins from outside.
final class InstalledCore implements Core {
    private final Providers providers;
    private final List<ModuleLayer> layers;

    /// Finds what is installed.
    /// @param layers plugins from outside
    InstalledCore(List<ModuleLayer> layers) {
        this.layers = List.copyOf(layers);
        this.providers = Providers.find(layers);
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return Machines.options(providers);
    }

    @Override
    public List<CommandDeclaration> commands() {
        return providers.devices().stream().flatMap(device -> device.commands().stream()).toList();
    }

    @Override
    public List<Tool> tools(Commands commands) {
        List<Tool> tools = new ArrayList<>();
        ServiceLoader.load(ToolProvider.class).forEach(provider -> tools.addAll(provider.tools(commands)));
        for (ModuleLayer layer : layers) {
            ServiceLoader.load(layer, ToolProvider.class).stream()
                    .filter(provider -> provider.type().getModule().getLayer() == layer)
                    .forEach(provider -> tools.addAll(provider.get().tools(commands)));
        }
        return tools;
    }

    @Override
    public List<StandaloneDevice> standaloneDevices() {
        return StandaloneDevices.all(providers);
    }

    @Override
    public List<OptionDeclaration<?>> options(StandaloneDevice device) {
        return StandaloneDevices.options(device);
    }

    @Override
    public RunResult serve(StandaloneDevice device, Configuration configuration) {
        return StandaloneDevices.serve(device, configuration, providers);
    }

    @Override
    public List<Section> inventory() {
        Configuration nothing = new ConfigurationBuilder(options()).build();
        return List.of(
                section("Host platforms", providers.hosts(), host -> new Line(host.id(), state(host.probe()))),
                section("Hypervisors", providers.hypervisors(),
                        hypervisor -> new Line(hypervisor.id(), state(hypervisor.probe(nothing)))),
                section("Guest architectures", providers.architectures(), arch -> new Line(arch.id(), "ready")),
                section("Interrupt controllers", providers.controllers(), controller -> new Line(controller.id(), "ready")),
                section("Devices", providers.devices(), device -> new Line(device.id(), device.summary())),
                section("Virtio types for --vhost-user", providers.virtioTypes(), type -> new Line(type.name(), "type %d".formatted(type
                        .typeId()))),
                section("Disk formats", providers.disks(), disk -> new Line(disk.id(), "ready")),
                section("Serial types",
                        providers.serials().stream().flatMap(serial -> serial.types().stream()).toList(),
                        type -> new Line(type, "ready")),
                section("Network backends", providers.networks(), network -> new Line(network.id(), network.summary())));
    }

    private static <T> Section section(String title, List<T> things, Function<T, Line> line) {
        return new Section(title, things.stream().map(line).sorted(Comparator.comparing(Line::id)).toList());
    }

    private static String state(Availability availability) {
        return switch (availability) {
            case Availability.Ready(String detail) -> detail.isEmpty() ? "ready" : "ready: " + detail;
            case Availability.Missing(String what, String fix) -> "not usable: %s; %s".formatted(what, fix);
        };
    }

    @Override
    public Object dump(Configuration configuration) {
        return Machines.dump(configuration, providers);
    }

    @Override
    public RunResult run(Configuration configuration) {
        return Machines.run(configuration, providers);
    }

    @Override
    public Object send(Path socket, Object request) {
        return ControlClient.send(socket, request, providers.host());
    }

    @Override
    public boolean inputIsTerminal() {
        return providers.host().terminals().inputIsTerminal();
    }
}
