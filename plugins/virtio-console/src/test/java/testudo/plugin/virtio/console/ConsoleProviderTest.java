package testudo.plugin.virtio.console;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.KernelParameter;
import testudo.spi.pci.PciAddress;
import testudo.spi.serial.SerialOptions;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.testing.tck.TestContext;

/// What `--serial hardware=virtio-console` makes.
class ConsoleProviderTest {
    private final TestContext context = new TestContext().withSerials((options, loop) -> new MemoryPort());

    private List<DeviceSpec> devices(String... serials) {
        ConfigurationBuilder given = new ConfigurationBuilder(List.of(SerialOptions.OPTION));
        for (String serial : serials) {
            given.text(SerialOptions.OPTION, serial);
        }
        return new ConsoleProvider().devices(given.build(), context.facts());
    }

    private List<String> problems(String... serials) {
        return assertThrows(VmmException.Config.class, () -> devices(serials)).problems();
    }

    private VirtioDevice make(String serial) {
        return ((DeviceSpec.Virtio) devices(serial).getFirst()).factory().create(context);
    }

    @Test
    void portsOfOtherHardwareAreNotOurs() {
        assertEquals(List.of(), devices("stdout,num=1", "sink,hardware=debugcon"));
        assertEquals(2, devices("stdout", "sink,hardware=virtio-console", "sink,hardware=legacy-virtio-console,num=2").size());
    }

    @Test
    void consoleIsOnTheKernelCommandLine() {
        List<KernelParameter> parameters = devices("sink,hardware=virtio-console,num=3,console").getFirst().kernelParameters();
        assertEquals(List.of(new KernelParameter(KernelParameter.CONSOLE, "console=hvc2")), parameters);
    }

    @Test
    void pciAddressIsPassedOn() {
        DeviceSpec.Virtio spec = (DeviceSpec.Virtio) devices("sink,hardware=virtio-console,pci-address=00:07.0").getFirst();
        assertEquals(Optional.of(new PciAddress(0, 7, 0)), spec.address());
        assertEquals(
                List.of("--serial #1: pci-address needs hardware=virtio-console, not serial"),
                testudo.spi.serial.SerialPortRules.problems(
                        new ConfigurationBuilder(List.of(SerialOptions.OPTION)).text(SerialOptions.OPTION, "sink,pci-address=00:07.0")
                                .build().all(SerialOptions.OPTION),
                        "serial"));
    }

    @Test
    void queueSizesAreReceiveThenTransmit() {
        try (VirtioDevice device = make("sink,hardware=virtio-console,max-queue-sizes=[16,64]")) {
            assertEquals(List.of(16, 64, 256, 256), device.traits().queueSizes());
        }
        assertEquals(
                List.of(
                        "--serial #1: max-queue-sizes [16] are not two powers of two up to 32768",
                        "--serial #2: max-queue-sizes [3, 64] are not two powers of two up to 32768",
                        "--serial #3: max-queue-sizes [16, 65536] are not two powers of two up to 32768"),
                problems(
                        "sink,hardware=virtio-console,num=1,max-queue-sizes=[16]",
                        "sink,hardware=virtio-console,num=2,max-queue-sizes=[3,64]",
                        "sink,hardware=virtio-console,num=3,max-queue-sizes=[16,65536]"));
    }

    @Test
    void everyPortIsOfAMultiportDevice() {
        try (VirtioDevice device = make("sink,hardware=virtio-console")) {
            assertEquals(ConsoleDevice.MULTIPORT | VirtioFeature.IN_ORDER, device.traits().features());
            assertEquals(4, device.traits().queueSizes().size());
        }
        assertEquals(
                List.of("--serial #1: name is not 1 to 255 characters long"),
                problems("sink,hardware=virtio-console,name=" + "n".repeat(256)));
    }

    @Test
    void earlyconAndASecondStdinAreRefused() {
        assertEquals(
                List.of(
                        "--serial #2: earlycon needs hardware=serial, not virtio-console",
                        "--serial #2: --serial #1 already has stdin; only one port can"),
                problems("stdout,stdin", "stdout,hardware=virtio-console,earlycon,stdin"));
    }
}
