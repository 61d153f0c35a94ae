package testudo.plugin.serial.uart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.KernelParameter;
import testudo.spi.device.MachineFacts;
import testudo.spi.irq.Trigger;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.platform.Resource;
import testudo.spi.serial.SerialOptions;
import testudo.spi.serial.SerialPortRules;

class UartProviderTest {
    private static final MachineFacts PC = new MachineFacts("x86_64", 1, 1L << 28, 1L << 28, 0);

    private static SerialOptions port(String hardware, int num, boolean console, boolean earlycon, boolean stdin) {
        return new SerialOptions(
                "stdout", hardware, Optional.empty(), Optional.empty(), Optional.empty(), false, num, console, earlycon, stdin, false,
                0x402, Optional.empty(), List.of());
    }

    private record Given(List<Occurrence<SerialOptions>> ports) implements Configuration {
        static Given of(SerialOptions... options) {
            List<Occurrence<SerialOptions>> ports = new ArrayList<>();
            for (SerialOptions port : options) {
                ports.add(new Occurrence<>(SerialOptions.OPTION, port, ports.size(), "--serial #" + (ports.size() + 1)));
            }
            return new Given(ports);
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
            return option.equals(SerialOptions.OPTION) ? (List<Occurrence<T>>) (List<?>) ports : List.of();
        }
    }

    private static List<String> parameters(List<DeviceSpec> specs) {
        return specs.stream().flatMap(spec -> spec.kernelParameters().stream()).map(KernelParameter::text).toList();
    }

    @Test
    void fourPortsWithTheConsoleOnTheFirst() {
        List<DeviceSpec> specs = new UartProvider().devices(Given.of(), PC);
        assertEquals(4, specs.size());
        assertEquals(List.of("console=ttyS0"), parameters(specs));
        DeviceSpec.Platform second = (DeviceSpec.Platform) specs.get(1);
        assertEquals(List.of(new Resource.Ports(0x2F8, 8), new Resource.Irq(3, Trigger.EDGE)), second.resources());
    }

    @Test
    void aConsoleElsewhereLeavesTheFirstPortQuiet() {
        List<DeviceSpec> specs = new UartProvider().devices(
                Given.of(port("virtio-console", 1, true, false, true), port("serial", 3, false, true, false)), PC);
        assertEquals(List.of("earlycon=uart8250,io,0x3e8"), parameters(specs));
    }

    @Test
    void reportsEveryConflictOnce() {
        Given given = Given.of(
                port("serial", 1, true, false, true), port("serial", 1, false, false, true),
                port("virtio-console", 1, true, true, false), port("floppy", 1, false, false, false),
                port("serial", 5, false, false, false));
        VmmException.Config thrown = assertThrows(VmmException.Config.class, () -> new UartProvider().devices(given, PC));
        assertEquals(
                List.of(
                        "--serial #2: serial num 1 is taken by --serial #1; choose another",
                        "--serial #4: unknown hardware 'floppy'; use serial, virtio-console or debugcon",
                        "--serial #5: num 5 is not 1 to 4, which is what hardware=serial has",
                        "--serial #2: --serial #1 already has stdin; only one port can"),
                thrown.problems());
        assertEquals(
                List.of(
                        "--serial #3: earlycon needs hardware=serial, not virtio-console",
                        "--serial #3: --serial #1 already has console; only one port can"),
                SerialPortRules.problems(given.ports(), SerialPortRules.VIRTIO_CONSOLE));
        assertTrue(SerialPortRules.problems(given.ports(), SerialPortRules.DEBUGCON).isEmpty());
    }

    @Test
    void riscvMachinesHaveThemInMemory() {
        MachineFacts facts = new MachineFacts("riscv64", 1, 1L << 28, 1L << 28, 0);
        List<DeviceSpec> specs = new UartProvider().devices(Given.of(port("serial", 2, true, true, false)), facts);
        DeviceSpec.Platform second = (DeviceSpec.Platform) specs.get(1);
        assertEquals(List.of(new Resource.Mmio(0x2F8, 8), new Resource.Irq(2, Trigger.LEVEL)), second.resources());
        assertEquals(
                List.of("console=ttyS1", "earlycon=uart8250,mmio,0x2f8"),
                second.kernelParameters().stream().map(KernelParameter::text).toList());
    }

    @Test
    void otherArchitecturesHaveNone() {
        MachineFacts facts = new MachineFacts("aarch64", 1, 1L << 28, 1L << 28, 0);
        assertTrue(new UartProvider().devices(Given.of(), facts).isEmpty());
        assertThrows(
                VmmException.Config.class,
                () -> new UartProvider().devices(Given.of(port("serial", 1, false, false, false)), facts));
    }
}
