package testudo.testing.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A vendor's plugin: built outside of the reactor, signed, dropped into a plugin directory, used by a stock guest.
class PluginTest extends OnProduct {
    private static final String DIRECTORY = "/tmp/plugins";
    private static final String ENVIRONMENT = "env TESTUDO_PLUGINS=" + DIRECTORY + " ";

    @TempDir static Path built;

    /// Builds and signs the example with what a vendor has: a JDK, two published jars, OpenSSL.
    @BeforeAll
    static void build() throws Exception {
        Path checkout = TestBed.checkout();
        Path spi;
        try (Stream<Path> jars = Files.list(checkout.resolve("spi/target"))) {
            spi = jars.filter(jar -> jar.getFileName().toString().matches("testudo-spi-[0-9.]+\\.jar")).findFirst().orElseThrow();
        }
        Path jspecify = Path.of(NullMarked.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        ProcessBuilder builder = new ProcessBuilder(
                checkout.resolve("docs/examples/virtio-pattern/build").toString(), spi.toString(), jspecify.toString(), built.toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.inheritIO().start();
        assertTrue(process.waitFor(5, TimeUnit.MINUTES));
        assertEquals(0, process.exitValue());
    }

    /// In a jail of its own, as any device, and in the machine's process.
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void stockGuestUsesTheVendorsDevice(boolean jailed) throws Exception {
        drop(archive -> archive);
        String list = host.exec(ENVIRONMENT + "/image/bin/testudo plugin list").orFail("plugin list").stdout();
        assertTrue(list.contains("com.example.acme.pattern"), list);
        RunOptions options = RunOptions.of(Kernel.CLOUD_6_12).with("--no-rng", "--acme-entropy seed=7");
        if (jailed) {
            options = options.jailed();
        }
        host.exec("rm -f " + RunOptions.socket(host));
        BackgroundProgram monitor = start(1, ENVIRONMENT + options.commandLine(host, backend));
        GuestConsole console = new GuestConsole(monitor.console());
        console.awaitPrompt();
        Guest guest = new Guest(monitor, console);
        assertEquals(jailed, host.exec("grep -l '[t]estudo.devicehost' /proc/[0-9]*/cmdline").exitCode() == 0, "a process for the device");
        assertEquals("virtio_rng.0", guest.run("cat /sys/class/misc/hw_random/rng_current"));
        List<Integer> bytes = Arrays.stream(guest.run("dd if=/dev/hwrng bs=8 count=1 iflag=fullblock 2> /dev/null | od -An -tu1")
                .strip()
                .split("\\s+"))
                .map(Integer::valueOf)
                .toList();
        assertEquals(8, bytes.size());
        long steps = 0;
        for (int i = 1; i < bytes.size(); i++) {
            steps += (bytes.get(i) - bytes.get(i - 1) & 0xFF) == 1 ? 1 : 0;
        }
        assertTrue(steps >= 6, "not the pattern of the plugin: " + bytes); // a buffer may end among them
    }

    @Test
    void tamperedArchiveIsRefused() throws Exception {
        drop(archive -> {
            byte[] copy = archive.clone();
            copy[copy.length / 2] ^= 1;
            return copy;
        });
        Host.Result list = host.exec(ENVIRONMENT + "/image/bin/testudo plugin list");
        assertTrue(list.stdout().contains("refused") && list.stdout().contains("changed after it was signed"), list.toString());
        Host.Result run = host.exec(ENVIRONMENT
                + "/image/bin/testudo run --disable-sandbox --acme-entropy seed=7 /material/kernels/6.12-cloud/image");
        assertEquals(35, run.exitCode(), run.toString());
    }

    /// Puts the built plugin into the directory, its archive changed by `change`.
    private void drop(java.util.function.UnaryOperator<byte[]> change) throws IOException, InterruptedException {
        host.exec("rm -rf " + DIRECTORY + "; mkdir -p " + DIRECTORY + "/trusted-keys").orFail("making " + DIRECTORY);
        try (Stream<Path> files = Files.walk(built)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] content = Files.readAllBytes(file);
                String name = built.relativize(file).toString();
                host.upload(name.endsWith(".zip") ? change.apply(content) : content, DIRECTORY + "/" + name);
            }
        }
    }
}
