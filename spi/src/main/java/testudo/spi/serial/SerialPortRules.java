package testudo.spi.serial;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import testudo.spi.option.Occurrence;

/// The rules for a machine's serial ports that concern more than one device model.
///
/// Each provider of a device model asks for the problems of its own hardware. A conflict between two ports is reported for the
/// later one only, so that a user reads it once although several providers look.
public final class SerialPortRules {
    /// The hardware of 16550 ports. Its provider also reports hardware that nobody knows.
    public static final String SERIAL = "serial";
    /// The hardware of virtio consoles.
    public static final String VIRTIO_CONSOLE = "virtio-console";
    /// The hardware of debug consoles.
    public static final String DEBUGCON = "debugcon";

    private static final String LEGACY_VIRTIO_CONSOLE = "legacy-virtio-console";
    private static final Set<String> KNOWN = Set.of(SERIAL, VIRTIO_CONSOLE, DEBUGCON);

    private SerialPortRules() {}

    /// The device model that a port names, without old spellings.
    /// @param port what the user asked for
    /// @return such as [#VIRTIO_CONSOLE]
    public static String hardwareOf(SerialOptions port) {
        return port.hardware().equals(LEGACY_VIRTIO_CONSOLE) ? VIRTIO_CONSOLE : port.hardware();
    }

    /// What is wrong with the ports of one device model.
    /// @param ports all `--serial` of the machine, in the order given
    /// @param hardware whose problems: [#SERIAL], [#VIRTIO_CONSOLE] or [#DEBUGCON]
    /// @return one sentence each, may be empty
    public static List<String> problems(List<Occurrence<SerialOptions>> ports, String hardware) {
        List<String> problems = new ArrayList<>();
        Map<String, String> numbers = new LinkedHashMap<>();
        for (Occurrence<SerialOptions> port : ports) {
            SerialOptions options = port.value();
            String kind = hardwareOf(options);
            String key = kind.equals(DEBUGCON) ? "port 0x%x".formatted(options.debugconPort()) : "num " + options.num();
            String earlier = numbers.putIfAbsent(kind + " " + key, port.where());
            if (reports(hardware, kind)) {
                if (earlier != null) {
                    problems.add("%s: %s %s is taken by %s; choose another".formatted(port.where(), kind, key, earlier));
                }
                ownProblems(port, kind, problems);
            }
        }
        onlyOnce(ports, hardware, "stdin", SerialOptions::stdin, problems);
        onlyOnce(ports, hardware, "console", SerialOptions::console, problems);
        onlyOnce(ports, hardware, "earlycon", SerialOptions::earlycon, problems);
        return problems;
    }

    private static void ownProblems(Occurrence<SerialOptions> port, String kind, List<String> problems) {
        SerialOptions options = port.value();
        if (!KNOWN.contains(kind)) {
            problems.add("%s: unknown hardware '%s'; use serial, virtio-console or debugcon".formatted(port.where(), kind));
            return;
        }
        if (kind.equals(SERIAL) && (options.num() < 1 || options.num() > 4)) {
            problems.add("%s: num %d is not 1 to 4, which is what hardware=serial has".formatted(port.where(), options.num()));
        }
        if (!kind.equals(SERIAL) && options.earlycon()) {
            problems.add("%s: earlycon needs hardware=serial, not %s".formatted(port.where(), kind));
        }
        if (!kind.equals(VIRTIO_CONSOLE) && options.pciAddress().isPresent()) {
            problems.add("%s: pci-address needs hardware=virtio-console, not %s".formatted(port.where(), kind));
        }
        if (options.stdin() && options.input().isPresent()) {
            problems.add("%s: stdin and input exclude each other; give one".formatted(port.where()));
        }
    }

    private static void onlyOnce(
            List<Occurrence<SerialOptions>> ports,
            String hardware,
            String key,
            Predicate<SerialOptions> has,
            List<String> problems) {
        String first = "";
        for (Occurrence<SerialOptions> port : ports) {
            if (!has.test(port.value())) {
                continue;
            }
            if (first.isEmpty()) {
                first = port.where();
            } else if (reports(hardware, hardwareOf(port.value()))) {
                problems.add("%s: %s already has %s; only one port can".formatted(port.where(), first, key));
            }
        }
    }

    private static boolean reports(String hardware, String kind) {
        return hardware.equals(kind) || (hardware.equals(SERIAL) && !KNOWN.contains(kind));
    }
}
