package testudo.plugin.serial.uart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.core.option.ConfigurationBuilder;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.KernelParameter;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.serial.SerialOptions;

/// `--serial` as users write it.
class SerialOptionTest {
    private static final MachineFacts PC = new MachineFacts("x86_64", 1, 1L << 28, 1L << 28, 0);

    private static Configuration given(String... serials) {
        ConfigurationBuilder builder = new ConfigurationBuilder(List.of(SerialOptions.OPTION));
        for (String serial : serials) {
            builder.text(SerialOptions.OPTION, serial);
        }
        return builder.build();
    }

    private static SerialOptions options(String serial) {
        return given(serial).all(SerialOptions.OPTION).getFirst().value();
    }

    private static List<String> parameters(String... serials) {
        List<DeviceSpec> specs = new UartProvider().devices(given(serials), PC);
        return specs.stream().flatMap(spec -> spec.kernelParameters().stream()).map(KernelParameter::text).toList();
    }

    @Test
    void whatIsNotSaidHasADefault() {
        SerialOptions options = options("hardware=serial");
        assertEquals("sink", options.type());
        assertEquals(1, options.num());
        assertEquals(0x402, options.debugconPort());
        assertEquals(Optional.empty(), options.path());
        assertEquals(List.of(), options.maxQueueSizes());
        assertEquals("serial", options("stdout").hardware());
    }

    @Test
    void everyKeyIsBound() {
        SerialOptions options = options(
                "type=file,hardware=debugcon,name=n,path=/out,input=/in,num=2,console,earlycon,out_timestamp,debugcon_port=0xe9");
        assertEquals(Path.of("/out"), options.path().orElseThrow());
        assertEquals(Path.of("/in"), options.input().orElseThrow());
        assertEquals("n", options.name().orElseThrow());
        assertTrue(options.console() && options.earlycon() && options.outTimestamp());
        assertEquals(0xE9, options.debugconPort());
        assertEquals(options, options(
                "file,hardware=debugcon,name=n,path=/out,input=/in,num=2,console=true,earlycon=true,out-timestamp,debugcon-port=233"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "stdout,num=0", "stdout,num=256", "stdout,num=5", "stdout,debugcon-port=0x10000", "stdout,stdin,input=/in", "stdout,nun=1",
            "stdout,hardware=serial,pci-address=00:05.0"})
    void mistakesAreRefused(String serial) {
        VmmException.Config thrown = assertThrows(VmmException.Config.class, () -> new UartProvider().devices(given(serial), PC));
        assertTrue(thrown.problems().stream().allMatch(problem -> problem.startsWith("--serial #1: ")), thrown.getMessage());
    }

    @Test
    void consoleAndEarlyConsoleMayBeOnDifferentPorts() {
        assertEquals(
                List.of("earlycon=uart8250,io,0x3f8", "console=ttyS1"),
                parameters("stdout,num=1,earlycon", "sink,num=2,console"));
        assertEquals(List.of("console=ttyS3"), parameters("sink,num=4,console"));
    }
}
