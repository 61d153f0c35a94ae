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

/// Makes a debug console for each `--serial` with `hardware=debugcon`: at an I/O port on x86, behind the firmware's calls on RISC-V.
public final class DebugconProvider implements DeviceProvider {
    /// Made by [java.util.ServiceLoader].
    public DebugconProvider() {}

    @Override
    public String id() {
        return "debugcon";
    }

    @Override
    public String summary() {
        return "debug console on an I/O port, or of a RISC-V firmware";
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
            switch (facts.architecture()) {
                case "x86_64" -> specs.add(atPort(port.value()));
                case "riscv64" -> specs.add(ofFirmware(port.value()));
                default -> problems.add("%s: hardware=debugcon needs I/O ports or an SBI, %s machines have neither"
                        .formatted(port.where(), facts.architecture()));
            }
        }
        if (facts.architecture().equals("riscv64") && specs.size() > 1) {
            problems.add("--serial: %d ports have hardware=debugcon, a riscv64 machine has one debug console".formatted(specs.size()));
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return specs;
    }

    private static DeviceSpec ofFirmware(SerialOptions options) {
        return new DeviceSpec.Platform(
                "debugcon",
                List.of(new Resource.Calls(SbiConsole.EXTENSION)),
                Optional.empty(),
                List.of(),
                context -> new SbiConsole(context.serials().open(options, context.loop()), context.memory()));
    }

    private static DeviceSpec atPort(SerialOptions options) {
        return new DeviceSpec.Platform(
                "debugcon%x".formatted(options.debugconPort()),
                List.of(new Resource.Ports(options.debugconPort(), 1)),
                Optional.empty(),
                List.of(),
                context -> new Debugcon(context.serials().open(options, context.loop())));
    }
}
