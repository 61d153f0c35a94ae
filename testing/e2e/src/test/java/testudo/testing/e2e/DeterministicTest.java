package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `--hypervisor soft[deterministic]`: the same machine gives the same bytes and executes as many instructions, each time.
@Tag("soft")
class DeterministicTest extends OnHost {
    private static final Duration LIMIT = Duration.ofMinutes(8);
    private static final Pattern INSTRUCTIONS = Pattern.compile("the guest has executed (\\d+) instructions");
    private static final String DETERMINISTIC = "--hypervisor 'soft[deterministic]' --disable-sandbox";

    DeterministicTest() {
        backend = Backend.SOFT;
    }

    @Override
    @BeforeEach
    void open() throws IOException, InterruptedException {
        assumeTrue(Backend.selected().anyMatch(selected -> selected == Backend.SOFT), "this run is for another hypervisor");
        super.open();
    }

    private record Run(String console, long instructions) {}

    private String kernel() {
        return host.material() + "/kernels/6.12-riscv64";
    }

    private Run run(String hypervisor, String more) throws IOException, InterruptedException {
        Host.Result result = host.exec(
                "rm -f console; %s/bin/testudo run %s --mem 256 --serial type=file,path=console,console,input=input %s %s"
                        .formatted(host.image(), hypervisor, more, kernel() + "/image"), LIMIT).orFail("the machine");
        Matcher count = INSTRUCTIONS.matcher(result.stderr());
        return new Run(host.exec("cat console").stdout(), count.find() ? Long.parseLong(count.group(1)) : -1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aKernelBootsTheSameEachTime(int harts) throws Exception {
        host.upload(new byte[]{10}, host.folder() + "/input");
        Run first = run(DETERMINISTIC, "--cpus " + harts);
        Run second = run(DETERMINISTIC, "--cpus " + harts);
        assertTrue(first.console().contains("Kernel panic"), first.console());
        assertEquals(first.console(), second.console());
        assertTrue(first.instructions() > 1_000_000, String.valueOf(first.instructions()));
        assertEquals(first.instructions(), second.instructions());
    }

    /// Shows that the checks above can fail: other machines tell the time by the host's clock.
    @Test
    void anOrdinaryMachineDiffers() throws Exception {
        host.upload(new byte[]{10}, host.folder() + "/input");
        assertNotEquals(run("--hypervisor soft", "").console(), run("--hypervisor soft", "").console());
    }

    /// Everything that devices bring: commands from a file, disk, random numbers, the date. What comes before the kernel has opened its console is lost.
    @Test
    @Tag("long")
    void devicesRepeatThemselvesToo() throws Exception {
        host.upload(("\n".repeat(300) + "date; head -c 16 /dev/hwrng | od -x; dd if=/dev/vda bs=64k count=64 2>&1 | md5sum; poweroff -f\n")
                .getBytes(StandardCharsets.UTF_8), host.folder() + "/input");
        host.exec("head -c 4194304 /dev/urandom > disk").orFail("making a disk");
        String devices = "--cpus 2 --block path=disk --initrd " + kernel() + "/initramfs";
        Run first = run(DETERMINISTIC, devices);
        assertTrue(first.console().contains(" UTC 2026"), first.console());
        assertEquals(first, run(DETERMINISTIC, devices));
    }

    /// Devices in other processes would not be waited for.
    @Test
    void isRefusedWithDevicesInProcessesOfTheirOwn() throws Exception {
        Host.Result result = host.exec(host.image() + "/bin/testudo run --hypervisor 'soft[deterministic]' " + kernel() + "/image");
        assertFalse(result.exitCode() == 0);
        assertTrue(result.stderr().contains("--disable-sandbox"), result.stderr());
    }

    /// The SBI's debug console, from the kernel's first line on; without the option the kernel finds none.
    @Test
    void kernelPrintsOnTheFirmwaresConsole() throws Exception {
        host.upload(new byte[]{10}, host.folder() + "/input");
        run("--hypervisor soft", "--params earlycon=sbi --serial type=file,path=early,hardware=debugcon");
        String early = host.exec("cat early").stdout();
        assertTrue(early.startsWith("[    0.000000] Linux version"), early);
        assertTrue(early.contains("SBI DBCN extension detected"), early);
        Run without = run("--hypervisor soft", "--params earlycon=sbi");
        assertFalse(without.console().contains("SBI DBCN extension detected"), without.console());
    }
}
