package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.command.ToolProvider;
import testudo.spi.plugin.PluginSource.Loaded;

/// What is loaded, what is refused, and what the user reads about it.
class PluginLoadingTest {
    @TempDir Path temporary;

    private Path directory;
    private Vendor acme;

    @BeforeEach
    void trustAcme() {
        directory = temporary.resolve("plugins");
        acme = new Vendor(temporary.resolve("acme"));
        acme.publishKey(directory.resolve(TrustedKeys.FOLDER));
    }

    @Test
    void aSignedPluginsProviderIsFoundInItsLayer() {
        acme.publish(directory.resolve("echo-1.0.0.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"));

        Loaded loaded = load();

        assertEquals(List.of(), loaded.problems());
        assertEquals(List.of("echo"), words(loaded));
        Module module = loaded.layers().getFirst().findModule("acme.echo").orElseThrow();
        assertTrue(module.isNamed());
        assertSame(PluginClassLoader.class, module.getClassLoader().getClass());
    }

    @Test
    void keysOfTheUserCountToo() throws IOException {
        Files.delete(acme.publishKey(directory.resolve(TrustedKeys.FOLDER)));
        acme.publishKey(temporary.resolve("user/keys"));
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"));

        assertEquals(List.of("echo"), words(load()));
    }

    @Test
    void modulesOfTheSameNameLiveSideBySide() {
        acme.publish(directory.resolve("one.zip"), Vendor.manifest("acme.one", "1.0.0"), acme.toolModule("acme.tools", "one"));
        acme.publish(directory.resolve("two.zip"), Vendor.manifest("acme.two", "1.0.0"), acme.toolModule("acme.tools", "two"));

        Loaded loaded = load();

        assertEquals(List.of(), loaded.problems());
        assertEquals(List.of("one", "two"), words(loaded));
        assertEquals(2, loaded.layers().stream().flatMap(layer -> layer.findModule("acme.tools").stream()).distinct().count());
    }

    @Test
    void aPluginBringsItsOwnLibraryAndResources() {
        byte[] library = acme.module("acme.words", Map.of("module-info.java", "module acme.words { exports acme.words; }",
                "acme/words/Words.java", """
                        package acme.words;
                        public final class Words {
                            public static String first() {
                                try (var in = Words.class.getResourceAsStream("first.txt")) {
                                    return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
                                } catch (java.io.IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            }
                        }
                        """, "acme/words/first.txt", "from a resource"), List.of(), "1.0.0");
        byte[] tools = acme.module("acme.echo", Map.of("module-info.java",
                "module acme.echo { requires testudo.spi; requires acme.words; provides testudo.spi.command.ToolProvider with acme.echo.Tools; }",
                "acme/echo/Tools.java", Vendor.tools("acme.echo", "acme.words.Words.first()")), List.of(acme.onModulePath(library)),
                "1.0.0");
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), tools, library);

        Loaded loaded = load();

        assertEquals(List.of("from a resource"), words(loaded));
        assertEquals(List.of("from a resource"), words(elsewhere(loaded)));
    }

    @Test
    void aPluginSeesThePluginItDependsOn() {
        byte[] library = acme.module("acme.base", Map.of(
                "module-info.java",
                "module acme.base { requires testudo.spi; exports acme.base; provides testudo.spi.command.ToolProvider with acme.base.Tools; }",
                "acme/base/Tools.java", Vendor.tools("acme.base", "\"base\""),
                "acme/base/Word.java", "package acme.base; public final class Word { public static String get() { return \"shared\"; } }"),
                List.of(), "1.0.0");
        byte[] user = acme.module("acme.user", Map.of("module-info.java",
                "module acme.user { requires testudo.spi; requires acme.base; provides testudo.spi.command.ToolProvider with acme.user.Tools; }",
                "acme/user/Tools.java", Vendor.tools("acme.user", "acme.base.Word.get()")), List.of(acme.onModulePath(library)), "1.0.0");
        // The one that depends comes first by name.
        acme.publish(directory.resolve("a-user.zip"), Vendor.manifest("acme.user", "1.0.0", "plugin.dependencies=acme.base@>=1.0.0"), user);
        acme.publish(directory.resolve("b-base.zip"), Vendor.manifest("acme.base", "1.2.0"), library);

        Loaded loaded = load();

        assertEquals(List.of(), loaded.problems());
        assertEquals(List.of("base", "shared"), words(loaded));
        assertEquals(List.of("base", "shared"), words(elsewhere(loaded)));
    }

    @Test
    void layersComeInTheOrderOfTheArchives() {
        List<String> names = List.of("a", "b", "c", "d", "e");
        byte[] tools = acme.toolModule("acme.tools", "x");
        List<String> ids = List.of("zeta", "eta", "theta", "alpha", "iota");
        for (int i = 0; i < names.size(); i++) {
            acme.publish(directory.resolve(names.get(i) + ".zip"), Vendor.manifest(ids.get(i), "1.0.0"), tools);
        }

        assertEquals(ids.stream().map(id -> "plugin " + id).toList(), load().layers().stream()
                .map(layer -> layer.findLoader("acme.tools").getName()).toList());
    }

    @Test
    void brokenDependenciesAreNamedAndOthersLoaded() {
        byte[] tools = acme.toolModule("acme.tools", "x");
        acme.publish(directory.resolve("a.zip"), Vendor.manifest("a", "1.0.0", "plugin.dependencies=gone@>=2.0.0"), tools);
        acme.publish(directory.resolve("b.zip"), Vendor.manifest("b", "1.0.0", "plugin.dependencies=a"), tools);
        acme.publish(directory.resolve("c.zip"), Vendor.manifest("c", "1.0.0", "plugin.dependencies=d"), tools);
        acme.publish(directory.resolve("d.zip"), Vendor.manifest("d", "1.0.0", "plugin.dependencies=c"), tools);
        acme.publish(directory.resolve("e.zip"), Vendor.manifest("e", "1.0.0", "plugin.dependencies=ok@>=2.0.0"), tools);
        acme.publish(directory.resolve("ok.zip"), Vendor.manifest("ok", "1.0.0", "plugin.dependencies=gone?"),
                acme.toolModule("acme.ok", "ok"));

        Loaded loaded = load();

        assertEquals(List.of("ok"), words(loaded));
        assertEquals(5, loaded.problems().size());
        assertProblem(loaded, "plugin a 1.0.0", "depends on plugin gone >=2.0.0, which is not there");
        assertProblem(loaded, "plugin b 1.0.0", "depends on plugin a");
        assertProblem(loaded, "plugin c 1.0.0", "on itself");
        assertProblem(loaded, "plugin d 1.0.0", "on itself");
        assertProblem(loaded, "plugin e 1.0.0", "depends on plugin ok >=2.0.0, and 1.0.0 is there");
    }

    @Test
    void anUnsignedArchiveIsRefused() throws IOException {
        Path archive = good();
        Files.delete(ArchiveReader.signatureOf(archive));

        assertRefused("is not signed", "testudo plugin trust");
    }

    @Test
    void aTamperedArchiveIsRefusedWhicheverByteChanged() {
        Path archive = good();
        byte[] bytes = Vendor.read(archive);
        for (int at : new int[]{0, bytes.length / 2, bytes.length - 1}) {
            byte[] changed = bytes.clone();
            changed[at] ^= 1;
            Vendor.write(archive, changed);
            assertRefused("is not signed by a key that you trust", "changed after it was signed");
        }
    }

    @Test
    void aChangedOrShortSignatureIsRefused() {
        Path archive = good();
        byte[] signature = Vendor.read(ArchiveReader.signatureOf(archive));
        byte[] changed = signature.clone();
        changed[40] ^= 1;
        Vendor.write(ArchiveReader.signatureOf(archive), changed);
        assertRefused("is not signed by a key that you trust");
        byte[] outOfRange = new byte[64];
        Arrays.fill(outOfRange, (byte) 0xFF);
        Vendor.write(ArchiveReader.signatureOf(archive), outOfRange);
        assertRefused("is not signed by a key that you trust");
        Vendor.write(ArchiveReader.signatureOf(archive), Arrays.copyOf(signature, 63));
        assertRefused("not an Ed25519 signature: it has 63 bytes", "openssl pkeyutl");
    }

    @Test
    void aStrangersSignatureIsRefused() {
        Vendor stranger = new Vendor(temporary.resolve("stranger"));
        stranger.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"));

        assertRefused("is not signed by a key that you trust (you trust 1)", "testudo plugin trust KEY.pem");
    }

    @Test
    void aPluginForAnotherSpiIsRefused() {
        String manifest = Vendor.manifest("acme.echo", "1.0.0").replace(">=0.1.0", ">=7.0.0 & <8.0.0");
        acme.publish(directory.resolve("echo.zip"), manifest, acme.toolModule("acme.echo", "echo"));

        assertRefused("needs testudo.spi >=7.0.0 & <8.0.0, and this is " + spiVersion());
    }

    @Test
    void aManifestThatLiesAboutTheSpiIsFoundOut() {
        byte[] newer = acme.module("testudo.spi", Map.of("module-info.java", "module testudo.spi { exports testudo.spi.command; }",
                "testudo/spi/command/ToolProvider.java", """
                        package testudo.spi.command;
                        public interface ToolProvider {
                            java.util.List<Tool> tools();
                            record Tool(java.util.List<String> words, java.util.List<Object> arguments, String summary, Action action) {}
                            interface Action { int run(Object a, Object b); }
                        }
                        """), List.of(), "9.0.0");
        byte[] tools = acme.module("acme.echo", Map.of("module-info.java",
                "module acme.echo { requires testudo.spi; provides testudo.spi.command.ToolProvider with acme.echo.Tools; }",
                "acme/echo/Tools.java", Vendor.tools("acme.echo", "\"echo\"")), List.of(acme.onModulePath(newer)), "1.0.0");
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), tools);

        assertRefused("acme.echo was compiled with testudo.spi 9.0.0", "whatever its manifest says");

        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.tools", "echo"), newer);
        assertRefused("bundles testudo.spi");
    }

    @Test
    void aModuleOfTheImageIsRefused() {
        byte[] impostor = acme.module("org.pf4j", Map.of("module-info.java", "module org.pf4j { }"), List.of(), "1.0.0");
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"), impostor);

        assertRefused("bundles module org.pf4j, which this image already has");
    }

    @Test
    void anAutomaticModuleIsRefused() {
        byte[] plain = Vendor.zip(Map.of("acme/Thing.class", new byte[]{1}));
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"), plain);

        assertRefused("has no module-info.class", "automatic");
    }

    @Test
    void aPluginWithoutProvidersIsRefused() {
        byte[] idle = acme.module("acme.idle", Map.of("module-info.java", "module acme.idle { }"), List.of(), "1.0.0");
        acme.publish(directory.resolve("idle.zip"), Vendor.manifest("acme.idle", "1.0.0"), idle);

        assertRefused("none of its modules provides a service of testudo.spi");
    }

    @Test
    void aMissingModuleIsNamed() {
        byte[] other = acme.module("acme.other", Map.of("module-info.java", "module acme.other { }"), List.of(), "1.0.0");
        byte[] tools = acme.module("acme.echo", Map.of("module-info.java",
                "module acme.echo { requires testudo.spi; requires acme.other; provides testudo.spi.command.ToolProvider with acme.echo.Tools; }",
                "acme/echo/Tools.java", Vendor.tools("acme.echo", "\"echo\"")), List.of(acme.onModulePath(other)), "1.0.0");
        acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), tools);

        assertRefused("do not fit this image", "acme.other");
    }

    @Test
    void anIdThatIsThereTwiceIsRefusedNamingBoth() {
        Path first = acme.publish(directory.resolve("1.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.a", "a"));
        Path second = acme.publish(directory.resolve("2.zip"), Vendor.manifest("acme.echo", "2.0.0"), acme.toolModule("acme.b", "b"));

        Loaded loaded = load();

        assertEquals(List.of(), loaded.layers());
        assertEquals(2, loaded.problems().size());
        loaded.problems().forEach(problem -> assertTrue(problem.contains(first.toString()) && problem.contains(second.toString()),
                problem));
    }

    @Test
    void namesThatLeadOutAreRefused() {
        for (String name : List.of("../evil.jar", "lib/../../evil.jar", "/etc/evil", "lib\\evil.jar", "C:evil", "lib//x.jar", "./x",
                "a\nb")) {
            Map<String, byte[]> entries = new LinkedHashMap<>();
            entries.put("plugin.properties", Vendor.manifest("acme.echo", "1.0.0").getBytes(java.nio.charset.StandardCharsets.UTF_8));
            entries.put(name, new byte[1]);
            acme.publish(directory.resolve("echo.zip"), Vendor.zip(entries));
            assertRefused("a name that may lead out of it");
        }
    }

    @Test
    void aZipBombIsRefused() {
        byte[] zeros = new byte[ArchiveReader.MAX_UNPACKED_BYTES + 1];
        byte[] bomb = Vendor.zip(Map.of("lib/big.jar", zeros));
        assertTrue(bomb.length < 1 << 20, "it is small while packed");
        acme.publish(directory.resolve("bomb.zip"), bomb);
        assertRefused("holds more than 20 MiB unpacked");

        acme.publish(directory.resolve("bomb.zip"), Vendor.manifest("acme.bomb", "1.0.0"), Vendor.zip(Map.of("zeros", zeros)));
        assertRefused("holds more than 20 MiB unpacked");
    }

    @Test
    void pluginsTogetherHaveALimitToo() {
        for (String name : List.of("a", "b", "c")) {
            byte[] tools = acme.toolModule("acme." + name, name);
            Map<String, byte[]> entries = new LinkedHashMap<>(ZipContents.read(tools, 1 << 20, "jar"));
            entries.put("zeros", new byte[ArchiveReader.MAX_LOADED_BYTES / 2 - (1 << 20)]);
            acme.publish(directory.resolve(name + ".zip"), Vendor.manifest("acme." + name, "1.0.0"), Vendor.zip(entries));
        }

        Loaded loaded = load();

        assertEquals(List.of("a", "b"), words(loaded));
        assertProblem(loaded, "plugin acme.c 1.0.0", "more than 28 MiB of memory");
    }

    @Test
    void anArchiveThatIsTooLargeOrNotAFileIsRefusedUnread() throws IOException {
        Path large = directory.resolve("large.zip");
        Vendor.write(large, new byte[ArchiveReader.MAX_ARCHIVE_BYTES + 1]);
        assertRefused("has more than " + ArchiveReader.MAX_ARCHIVE_BYTES + " bytes");
        Files.delete(large);
        Files.createDirectory(large);
        assertRefused("is not a regular file");
    }

    @Test
    void oneBrokenPluginDoesNotStopTheOthers() {
        Vendor.write(directory.resolve("garbage.zip"), new byte[100]);
        acme.publish(directory.resolve("signed-garbage.zip"), new byte[100]);
        acme.publish(directory.resolve("no-manifest.zip"), Vendor.zip(Map.of("lib/x.jar", new byte[1])));
        acme.publish(directory.resolve("bad-manifest.zip"), "plugin.id=A B\nplugin.requires=soon\npermissions=everything\n", new byte[1]);
        acme.publish(directory.resolve("no-jar.zip"), Vendor.manifest("acme.empty", "1.0.0"));
        good();

        Loaded loaded = load();

        assertEquals(List.of("echo"), words(loaded));
        assertEquals(5, loaded.problems().size());
        assertProblem(loaded, "signed-garbage.zip", "not a zip file");
        assertProblem(loaded, "no-manifest.zip", "it has no plugin.properties");
        assertProblem(loaded, "bad-manifest.zip", "plugin.id 'A B' is not valid");
        assertProblem(loaded, "bad-manifest.zip", "plugin.version is missing");
        assertProblem(loaded, "bad-manifest.zip", "plugin.requires 'soon' is not valid");
        assertProblem(loaded, "bad-manifest.zip", "permissions 'everything' is not valid");
        assertProblem(loaded, "no-jar.zip", "it has no lib/*.jar");
    }

    @Test
    void aDisabledPluginIsNotLoaded() {
        good();
        new PluginDirectory(directory).disabled(new TreeSet<>(List.of("acme.echo")));

        Loaded loaded = load();

        assertEquals(List.of(), loaded.layers());
        assertEquals(List.of(), loaded.problems());
    }

    @Test
    void aDirectoryThatEveryoneMayWriteToIsRefused() throws IOException {
        good();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertRefused("everyone may write to it", "chmod o-w");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(directory.resolve(TrustedKeys.FOLDER), PosixFilePermissions.fromString("rwxrwxrwx"));
        assertRefused("everyone may write to it");
    }

    @Test
    void aKeyThatIsNoneIsNamed() {
        good();
        Path key = Vendor.write(directory.resolve(TrustedKeys.FOLDER).resolve("x.pem"), "-----BEGIN RSA-----".getBytes(
                java.nio.charset.StandardCharsets.US_ASCII));
        assertRefused(key.toString(), "it must be an Ed25519 public key in PEM form");
    }

    @Test
    void onlyAPermissionThatIsAskedForIsGranted() {
        acme.publish(directory.resolve("a.zip"), Vendor.manifest("acme.a", "1.0.0", "permissions=native-access"), acme.toolModule("acme.a",
                "a"));
        acme.publish(directory.resolve("b.zip"), Vendor.manifest("acme.b", "1.0.0"), acme.toolModule("acme.b", "b"));

        Loaded loaded = load();

        Module a = module(loaded, "acme.a");
        Module b = module(loaded, "acme.b");
        assertTrue(a.isNativeAccessEnabled());
        assertFalse(b.isNativeAccessEnabled());
        assertTrue(source().pack(a.getLayer()).isEmpty(), "no process of a device's may have it");
        assertTrue(source().pack(b.getLayer()).isPresent());
    }

    @Test
    void whatIsNotThereCostsNothing() {
        Path empty = Vendor.write(temporary.resolve("empty/readme.txt"), new byte[1]).getParent();

        Loaded loaded = source().load(List.of(temporary.resolve("missing"), empty));

        assertEquals(List.of(), loaded.layers());
        assertEquals(List.of(), loaded.problems());
    }

    private Path good() {
        return acme.publish(directory.resolve("echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"));
    }

    private ArchivePluginSource source() {
        Path user = temporary.resolve("user");
        return new ArchivePluginSource(new Locations(user.resolve("plugins"), user.resolve("system"), user.resolve("keys"), List.of()),
                ModuleLayer.boot());
    }

    private Loaded load() {
        return source().load(List.of(directory));
    }

    /// The same in another process, which reads none of the archives: each may be another one by then.
    private Loaded elsewhere(Loaded here) {
        try (DirectoryStream<Path> archives = Files.newDirectoryStream(directory, "*.zip")) {
            archives.forEach(archive -> Vendor.write(archive, new byte[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Loaded(here.layers().stream().map(layer -> source().unpack(source().pack(layer).orElseThrow())).toList(), List.of());
    }

    private void assertRefused(String... parts) {
        Loaded loaded = load();
        assertEquals(List.of(), loaded.layers());
        assertEquals(1, loaded.problems().size(), loaded.problems().toString());
        for (String part : parts) {
            assertTrue(loaded.problems().getFirst().contains(part), loaded.problems().getFirst() + "\nlacks: " + part);
        }
    }

    private static void assertProblem(Loaded loaded, String... parts) {
        assertTrue(loaded.problems().stream().anyMatch(problem -> Arrays.stream(parts).allMatch(problem::contains)),
                String.join("\n", loaded.problems()) + "\nlacks: " + String.join(" … ", parts));
    }

    private static Module module(Loaded loaded, String name) {
        return loaded.layers().stream().flatMap(layer -> layer.findModule(name).stream()).findFirst().orElseThrow();
    }

    private static String spiVersion() {
        return ToolProvider.class.getModule().getDescriptor().rawVersion().orElseThrow();
    }

    /// The words of the tools that the layers themselves provide, sorted.
    private static List<String> words(Loaded loaded) {
        // As core does: this module is not the one that uses the service.
        PluginLoadingTest.class.getModule().addUses(ToolProvider.class);
        return loaded.layers().stream()
                .flatMap(layer -> ServiceLoader.load(layer, ToolProvider.class).stream()
                        .filter(provider -> provider.type().getModule().getLayer() == layer))
                .map(provider -> provider.get().tools().getFirst().words().getFirst()).sorted().toList();
    }
}
