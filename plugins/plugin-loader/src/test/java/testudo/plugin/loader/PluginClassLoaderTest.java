package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.command.ToolProvider;

/// Classes and resources from memory.
class PluginClassLoaderTest {
    @TempDir Path temporary;

    private Vendor acme;
    private Path directory;

    @BeforeEach
    void trustAcme() {
        directory = temporary.resolve("plugins");
        acme = new Vendor(temporary.resolve("acme"));
        acme.publishKey(directory.resolve(TrustedKeys.FOLDER));
    }

    @Test
    void aClassIsDefinedOnceAndTheContractsAreTheImages() throws ClassNotFoundException {
        ClassLoader loader = load(acme.toolModule("acme.echo", "echo")).getClassLoader();

        Class<?> tools = loader.loadClass("acme.echo.Tools");

        assertSame(tools, Class.forName("acme.echo.Tools", true, loader));
        assertTrue(ToolProvider.class.isAssignableFrom(tools));
        assertEquals("acme.echo", tools.getModule().getName());
        assertTrue(tools.getProtectionDomain().getCodeSource().getLocation().getPath().endsWith("/echo.zip"));
        assertThrows(ClassNotFoundException.class, () -> loader.loadClass("acme.echo.Missing"));
        assertThrows(ClassNotFoundException.class, () -> loader.loadClass("acme.other.Missing"));
        assertNull(Class.forName(tools.getModule(), "acme.echo.Missing"));
    }

    @Test
    void resourcesAreEncapsulatedAsInAnyModule() throws IOException {
        Map<String, String> sources = new HashMap<>(Map.of(
                "module-info.java", """
                        module acme.echo {
                            requires testudo.spi;
                            opens acme.echo.open;
                            provides testudo.spi.command.ToolProvider with acme.echo.Tools;
                        }
                        """,
                "acme/echo/Tools.java", Vendor.tools("acme.echo", "\"echo\""),
                "acme/echo/open/Type.java", "package acme.echo.open; class Type {}"));
        sources.put("acme/echo/secret.txt", "closed");
        sources.put("acme/echo/open/a b.txt", "open");
        sources.put("top-level/notes.txt", "no package");
        Module module = load(acme.module("acme.echo", sources, List.of(), "1.0.0"));
        ClassLoader loader = module.getClassLoader();

        assertNull(loader.getResource("acme/echo/secret.txt"));
        assertEquals("open", text(loader, "acme/echo/open/a b.txt"));
        assertEquals("no package", text(loader, "top-level/notes.txt"));
        assertNotNull(loader.getResource("acme/echo/Tools.class"));
        assertNull(loader.getResource("acme/echo/missing.txt"));
        assertEquals(1, java.util.Collections.list(loader.getResources("module-info.class")).stream()
                .filter(url -> url.getProtocol().equals("testudo-plugin")).count());
        assertNull(module.getResourceAsStream("acme/echo/secret.txt"), "it is the test that asks, not the module");
    }

    @Test
    void theReleaseThatFitsBestIsTaken() throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>(ZipContents.read(acme.toolModule("acme.echo", "echo"), 1 << 20, "jar"));
        ByteArrayOutputStream manifest = new ByteArrayOutputStream();
        java.util.jar.Manifest attributes = new java.util.jar.Manifest();
        attributes.getMainAttributes().putValue("Manifest-Version", "1.0");
        attributes.getMainAttributes().putValue("Multi-Release", "true");
        attributes.write(manifest);
        entries.put("META-INF/MANIFEST.MF", manifest.toByteArray());
        for (String release : List.of("8", "9", "25", "9999", "x")) {
            entries.put("META-INF/versions/" + release + "/which.txt", release.getBytes(StandardCharsets.US_ASCII));
        }

        assertEquals("25", text(load(Vendor.zip(entries)).getClassLoader(), "which.txt"));
    }

    private Module load(byte[] jar) {
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), jar);
        Path none = temporary.resolve("none");
        var loaded = new ArchivePluginSource(new Locations(none, none, none, List.of()), ModuleLayer.boot()).load(List.of(directory));
        assertEquals(List.of(), loaded.problems());
        return loaded.layers().getFirst().findModule("acme.echo").orElseThrow();
    }

    private static String text(ClassLoader loader, String name) throws IOException {
        try (var in = loader.getResourceAsStream(name)) {
            assertNotNull(in, name);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
