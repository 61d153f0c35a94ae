package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import testudo.spi.VmmException;
import testudo.spi.plugin.PluginSource.Loaded;

/// Whatever a trusted vendor's build has got wrong, a plugin is loaded or named; nothing is thrown.
class SignedNonsensePropertyTest {
    private static Path temporary = Path.of("");
    private static Vendor acme = new Vendor(temporary);
    private static byte[] jar = {};

    @BeforeContainer
    static void build() throws IOException {
        temporary = Files.createTempDirectory("plugins");
        acme = new Vendor(temporary.resolve("acme"));
        acme.publishKey(temporary.resolve("plugins").resolve(TrustedKeys.FOLDER));
        jar = acme.toolModule("acme.echo", "echo");
    }

    @AfterContainer
    static void delete() throws IOException {
        try (var files = Files.walk(temporary)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Property(tries = 400)
    void aDamagedDescriptorIsNamedOrLoaded(@ForAll long seed) {
        Map<String, byte[]> entries = new LinkedHashMap<>(ZipContents.read(jar, 1 << 20, "jar"));
        byte[] descriptor = entries.get("module-info.class").clone();
        Random random = new Random(seed);
        // Not the magic number: that would be found out at once.
        descriptor[8 + random.nextInt(descriptor.length - 8)] = (byte) random.nextInt();
        entries.put("module-info.class", random.nextInt(8) == 0
                ? java.util.Arrays.copyOf(descriptor, random.nextInt(descriptor.length))
                : descriptor);
        loadedOrNamed(Vendor.manifest("acme.echo", "1.0.0"), Vendor.zip(entries));
    }

    @Property(tries = 200)
    void anyManifestIsNamedOrLoaded(@ForAll String id, @ForAll String version, @ForAll String dependency) {
        loadedOrNamed("plugin.id=" + id + "\nplugin.version=" + version + "\nplugin.requires=" + version + "\nplugin.dependencies="
                + dependency
                + "\n", jar);
    }

    @Example
    void soundNonsenseWouldBeLoaded() {
        assertEquals(1, load(Vendor.manifest("acme.echo", "1.0.0"), jar).layers().size());
    }

    @Example
    void aManifestMustBeText() {
        byte[] notText = {(byte) 0xC3, (byte) 0x28};
        assertTrue(assertThrows(VmmException.Config.class, () -> PluginManifest.parse(notText, "x")).getMessage().contains("not UTF-8"));
        byte[] badEscape = "plugin.id=\\u00zz".getBytes(StandardCharsets.UTF_8);
        assertThrows(VmmException.Config.class, () -> PluginManifest.parse(badEscape, "x"));
        byte[] large = new byte[100_000];
        assertTrue(assertThrows(VmmException.Config.class, () -> PluginManifest.parse(large, "x")).getMessage().contains("100000 bytes"));
    }

    private static void loadedOrNamed(String manifest, byte[] module) {
        Loaded loaded = load(manifest, module);
        assertEquals(1, loaded.layers().size() + loaded.problems().size(), loaded.toString());
    }

    private static Loaded load(String manifest, byte[] module) {
        Path directory = temporary.resolve("plugins");
        acme.publish(directory.resolve("echo.zip"), manifest, module);
        Path none = temporary.resolve("none");
        return new ArchivePluginSource(new Locations(none, none, none, List.of()), ModuleLayer.boot()).load(List.of(directory));
    }
}
