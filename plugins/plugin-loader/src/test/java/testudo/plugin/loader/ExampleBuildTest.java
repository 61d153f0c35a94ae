package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.plugin.PluginSource.Loaded;

/// The example's own build script: what a vendor makes with a JDK, two jars and OpenSSL is accepted.
class ExampleBuildTest {
    @TempDir Path temporary;

    @Test
    void whatTheScriptMakesIsLoadedFromItsOutputDirectory() throws Exception {
        assumeTrue(runs("bash", "-c", "openssl version && openssl genpkey -algorithm ed25519"),
                "needs bash and an OpenSSL with Ed25519 (Debian: apt install openssl)");
        Path script = Vendor.repository().resolve("docs/examples/virtio-pattern/build");
        Path output = temporary.resolve("plugins");

        Process build = new ProcessBuilder("bash", script.toString(), location("testudo.spi"), location("org.jspecify"), output.toString())
                .redirectErrorStream(true).redirectOutput(temporary.resolve("log").toFile()).start();
        assertEquals(0, build.waitFor(), Files.readString(temporary.resolve("log")));

        Path none = temporary.resolve("none");
        Loaded loaded = new ArchivePluginSource(new Locations(none, none, none, List.of()), ModuleLayer.boot()).load(List.of(output));
        assertEquals(List.of(), loaded.problems());
        assertEquals(1, loaded.layers().size());
    }

    private boolean runs(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(temporary.resolve("probe").toFile()).start()
                    .waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String location(String module) {
        return Path.of(ModuleLayer.boot().configuration().findModule(module).orElseThrow().reference().location().orElseThrow()).toString();
    }
}
