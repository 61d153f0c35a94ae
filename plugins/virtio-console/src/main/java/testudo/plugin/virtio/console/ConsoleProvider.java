package testudo.plugin.virtio.console;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.KernelParameter;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPort;
import testudo.spi.serial.SerialPortRules;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioType;

/// Makes the consoles of `--serial hardware=virtio-console`.
public final class ConsoleProvider implements DeviceProvider {
    private static final int MAX_QUEUE_SIZE = 32768;
    private static final int MAX_NAME_BYTES = 255;
    private static final String GROUP = "Consoles";
    private static final OptionDeclaration<SerialOptions> PORT = SerialOptions.port("port", GROUP,
            "where the console goes to and comes from");
    private static final OptionDeclaration<Path> OUTPUT = OptionDeclaration.value(
            "output-file", Path.class, "PATH", GROUP, "file that output is appended to");
    private static final OptionDeclaration<Path> INPUT = OptionDeclaration.value(
            "input-file", Path.class, "PATH", GROUP, "file or named pipe that input comes from");
    private static final OptionDeclaration<Boolean> SYSLOG = OptionDeclaration.flag("syslog", GROUP, "output goes to the log");

    /// For [java.util.ServiceLoader].
    public ConsoleProvider() {}

    @Override
    public String id() {
        return "virtio-console";
    }

    @Override
    public String summary() {
        return "consoles and named ports (virtio-console)";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(SerialOptions.OPTION);
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        List<Occurrence<SerialOptions>> ports = configuration.all(SerialOptions.OPTION);
        List<String> problems = new ArrayList<>(SerialPortRules.problems(ports, SerialPortRules.VIRTIO_CONSOLE));
        List<DeviceSpec> specs = new ArrayList<>();
        for (Occurrence<SerialOptions> port : ports) {
            if (SerialPortRules.hardwareOf(port.value()).equals(SerialPortRules.VIRTIO_CONSOLE)) {
                check(port, problems);
                specs.add(spec(port.value(), specs.size()));
            }
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return specs;
    }

    private static void check(Occurrence<SerialOptions> port, List<String> problems) {
        List<Integer> sizes = port.value().maxQueueSizes();
        boolean fits = sizes.stream().allMatch(size -> size >= 1 && size <= MAX_QUEUE_SIZE && Integer.bitCount(size) == 1);
        if (!sizes.isEmpty() && (sizes.size() != 2 || !fits)) {
            problems.add("%s: max-queue-sizes %s are not two powers of two up to %d".formatted(port.where(), sizes, MAX_QUEUE_SIZE));
        }
        if (port.value().name().filter(name -> name.isEmpty() || name.length() > MAX_NAME_BYTES).isPresent()) {
            problems.add("%s: name is not 1 to %d characters long".formatted(port.where(), MAX_NAME_BYTES));
        }
    }

    @Override
    public List<VirtioType> virtioTypes() {
        return List.of(ConsoleDevice.TYPE);
    }

    @Override
    public List<StandaloneDevice> standalone() {
        return List.of(new StandaloneDevice(
                "console", List.of(PORT, OUTPUT, INPUT, SYSLOG), "serve a console to another monitor", ConsoleProvider::alone));
    }

    private static DeviceSpec.Virtio alone(Configuration configuration) {
        List<Occurrence<SerialOptions>> ports = configuration.all(PORT);
        boolean single = configuration.value(OUTPUT).isPresent() || configuration.value(INPUT).isPresent() || configuration.isSet(SYSLOG);
        if (ports.size() > 1 || (single && !ports.isEmpty())) {
            throw new VmmException.Config("device console: one --port, or --output-file and --input-file");
        }
        List<String> problems = new ArrayList<>();
        ports.forEach(port -> check(port, problems));
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return spec(ports.isEmpty() ? single(configuration) : ports.getFirst().value(), 0);
    }

    private static SerialOptions single(Configuration configuration) {
        Optional<Path> output = configuration.value(OUTPUT);
        String type = output.isPresent() ? "file" : configuration.isSet(SYSLOG) ? "syslog" : "sink";
        return new SerialOptions(
                type, SerialPortRules.VIRTIO_CONSOLE, Optional.empty(), output, configuration.value(INPUT), false, 1, false, false,
                false, false, 0, Optional.empty(), List.of());
    }

    private static DeviceSpec.Virtio spec(SerialOptions options, int index) {
        // As crosvm names them: hvc0 for num=1.
        List<KernelParameter> parameters = options.console()
                ? List.of(new KernelParameter(KernelParameter.CONSOLE, "console=hvc" + (options.num() - 1)))
                : List.of();
        return new DeviceSpec.Virtio(
                "console" + index,
                EnumerationRank.CONSOLE,
                options.pciAddress(),
                OptionalInt.empty(),
                parameters,
                DeviceSpec.Factory.jailable(ConsoleNeeds.of(options), context -> open(options, context)));
    }

    private static VirtioDevice open(SerialOptions options, DeviceContext context) {
        SerialPort port = context.serials().open(options, context.loop());
        try {
            return new ConsoleDevice(options, port, context.loop());
        } catch (RuntimeException failure) {
            port.close();
            throw failure;
        }
    }
}
