package testudo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.core.machine.MachineOptions;
import testudo.core.machine.MachineOptions.Irqchip;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;

/// The core's own options, spelled as crosvm's users spell them.
class MachineOptionsTest {
    private static Configuration parse(String... arguments) {
        Command run = new Command(List.of("run"), MachineOptions.ALL, false, "run", _ -> 0);
        return new ArgumentParser(run, new CrosvmNames()).parse(Argv.of(List.of(arguments)).arguments()).configuration();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--mem=512", "-m=512", "--mem=size=512", "-m=0x200"})
    void memory(String argument) {
        assertEquals(512, parse(argument).value(MachineOptions.MEM).orElseThrow().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"--cpus=2", "-c=2", "--cpus=num-cores=2"})
    void cpus(String argument) {
        assertEquals(2, parse(argument).value(MachineOptions.CPUS).orElseThrow().numCores());
    }

    @Test
    void kernelInitrdAndFirmware() {
        Configuration given = parse("/boot/vmlinuz", "-i", "/boot/initrd", "--bios", "/fw");
        assertEquals(Optional.of(Path.of("/boot/vmlinuz")), given.value(MachineOptions.KERNEL));
        assertEquals(Optional.of(Path.of("/boot/initrd")), given.value(MachineOptions.INITRD));
        assertEquals(Optional.of(Path.of("/fw")), given.value(MachineOptions.BIOS));
        assertEquals(given.value(MachineOptions.INITRD), parse("--initrd=/boot/initrd").value(MachineOptions.INITRD));
    }

    @Test
    void kernelParametersKeepTheirOrderAndPunctuation() {
        Configuration given = parse("-p", "root=/dev/vda ro", "--params", "console=ttyS0,115200");
        assertEquals(List.of("root=/dev/vda ro", "console=ttyS0,115200"),
                given.all(MachineOptions.PARAMS).stream().map(Occurrence::value).toList());
    }

    @ParameterizedTest
    @EnumSource(Irqchip.class)
    void interruptControllers(Irqchip irqchip) {
        String name = irqchip.name().toLowerCase(Locale.ROOT);
        assertEquals(Optional.of(irqchip), parse("--irqchip", name).value(MachineOptions.IRQCHIP));
    }

    @Test
    void socketNameAndSandbox() {
        Configuration given = parse("-s", "/run/vm.sock", "--name", "one", "--disable-sandbox");
        assertEquals(Optional.of(Path.of("/run/vm.sock")), given.value(MachineOptions.SOCKET));
        assertEquals(Optional.of("one"), given.value(MachineOptions.NAME));
        assertTrue(given.isSet(MachineOptions.DISABLE_SANDBOX));
        assertEquals(given.value(MachineOptions.SOCKET), parse("--socket=/run/vm.sock").value(MachineOptions.SOCKET));
    }

    @Test
    void hypervisorKeepsItsKeys() {
        assertEquals(Optional.of("kvm[device=/dev/kvm]"), parse("--hypervisor=kvm[device=/dev/kvm]").value(MachineOptions.HYPERVISOR));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--mem=0", "--mem=1G", "--cpus=0", "--cpus=num-cores=2,clusters=[[0]]", "--irqchip=none", "--kernel=x"})
    void wrongValuesAreRefused(String argument) {
        assertThrows(UsageException.class, () -> parse(argument));
    }
}
