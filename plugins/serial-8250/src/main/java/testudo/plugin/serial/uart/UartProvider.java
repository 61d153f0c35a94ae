package testudo.plugin.serial.uart;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.KernelParameter;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;
import testudo.spi.serial.SerialPortRules;

/// Makes the four 16550A ports of a machine. Ports that the user does not mention are there and discard their output.
public final class UartProvider implements DeviceProvider {
    /// Made by [java.util.ServiceLoader].
    public UartProvider() {}

    @Override
    public String id() {
        return "serial-8250";
    }

    @Override
    public String summary() {
        return "16550A serial ports COM1 to COM4";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(SerialOptions.OPTION);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<Occurrence<SerialOptions>> all = configuration.all(SerialOptions.OPTION);
        List<String> problems = SerialPortRules.problems(all, SerialPortRules.SERIAL);
        Map<Integer, SerialOptions> wanted = new HashMap<>();
        for (Occurrence<SerialOptions> port : all) {
            if (!SerialPortRules.hardwareOf(port.value()).equals(SerialPortRules.SERIAL)) {
                continue;
            }
            wanted.put(port.value().num(), port.value());
            if (UartPlacement.of(facts.architecture(), 1).isEmpty()) {
                problems.add("%s: %s machines have no hardware=serial; use hardware=virtio-console"
                        .formatted(port.where(), facts.architecture()));
            }
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        if (all.stream().noneMatch(port -> port.value().console())) {
            boolean stdinTaken = all.stream().anyMatch(port -> port.value().stdin());
            wanted.putIfAbsent(1, standard(stdinTaken));
        }
        List<DeviceSpec> specs = new ArrayList<>();
        for (int num = 1; num <= UartPlacement.PORTS; num++) {
            SerialOptions options = wanted.getOrDefault(num, port("sink", num, false, false));
            UartPlacement.of(facts.architecture(), num).ifPresent(placement -> specs.add(spec(options, placement)));
        }
        return specs;
    }

    private static DeviceSpec spec(SerialOptions options, UartPlacement placement) {
        List<KernelParameter> parameters = new ArrayList<>();
        if (options.console()) {
            parameters.add(new KernelParameter(KernelParameter.CONSOLE, "console=ttyS" + (options.num() - 1)));
        }
        if (options.earlycon()) {
            parameters.add(new KernelParameter(KernelParameter.CONSOLE, "earlycon=" + placement.earlycon()));
        }
        return new DeviceSpec.Platform(
                "serial" + options.num(),
                placement.resources(),
                Optional.of(FirmwareNode.UART_16550),
                List.copyOf(parameters),
                context -> {
                    SerialPort port = context.serials().open(options, context.loop());
                    SerialPort shown = options.outTimestamp()
                            ? new TimestampedPort(port, context.host().events()::wallMillis)
                            : port;
                    return new Uart(shown, context.line(0), context.loop());
                });
    }

    private static SerialOptions standard(boolean stdinTaken) {
        return stdinTaken ? port("stdout", 1, true, false) : SerialOptions.standard();
    }

    private static SerialOptions port(String type, int num, boolean console, boolean stdin) {
        return new SerialOptions(
                type, SerialPortRules.SERIAL, Optional.empty(), Optional.empty(), Optional.empty(), false, num, console, false, stdin,
                false, 0x402, Optional.empty(), List.of());
    }
}
