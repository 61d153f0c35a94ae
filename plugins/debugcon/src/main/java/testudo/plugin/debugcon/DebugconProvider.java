package testudo.plugin.debugcon;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.Resource;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPortRules;

/// Makes a debug console for each `--serial` with `hardware=debugcon`. x86 only.
public final class DebugconProvider implements DeviceProvider {
    /// Made by [java.util.ServiceLoader].
    public DebugconProvider() {}

    @Override
    public String id() {
        return "debugcon";
    }

    @Override
    public String summary() {
        return "debug console on an I/O port";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(SerialOptions.OPTION);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<Occurrence<SerialOptions>> all = configuration.all(SerialOptions.OPTION);
        List<String> problems = new ArrayList<>(SerialPortRules.problems(all, SerialPortRules.DEBUGCON));
        List<DeviceSpec> specs = new ArrayList<>();
        for (Occurrence<SerialOptions> port : all) {
            if (!SerialPortRules.hardwareOf(port.value()).equals(SerialPortRules.DEBUGCON)) {
                continue;
            }
            if (!facts.architecture().equals("x86_64")) {
                problems.add("%s: hardware=debugcon needs I/O ports, which %s machines lack".formatted(port.where(), facts.architecture()));
            }
            specs.add(spec(port.value()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return specs;
    }

    private static DeviceSpec spec(SerialOptions options) {
        return new DeviceSpec.Platform(
                "debugcon%x".formatted(options.debugconPort()),
                List.of(new Resource.Ports(options.debugconPort(), 1)),
                Optional.empty(),
                List.of(),
                context -> new Debugcon(context.serials().open(options, context.loop())));
    }
}
