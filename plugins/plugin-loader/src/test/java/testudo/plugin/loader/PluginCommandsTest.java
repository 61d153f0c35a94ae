package testudo.plugin.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.VmmException;
import testudo.spi.command.ToolProvider.Tool;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// `testudo plugin …` as a user goes through it.
class PluginCommandsTest {
    @TempDir Path temporary;

    private Path user;
    private Path keys;
    private Vendor acme;
    private PluginCommands commands;

    @BeforeEach
    void makeUser() {
        user = temporary.resolve("user/plugins");
        keys = temporary.resolve("user/keys");
        acme = new Vendor(temporary.resolve("acme"));
        commands = new PluginCommands(new Locations(user, temporary.resolve("system"), keys, List.of()), ModuleLayer.boot());
    }

    @Test
    void fromTrustToRemoval() throws IOException {
        Path archive = published("echo.zip", "1.0.0");
        assertTrue(failure("verify", archive).contains("you trust none"));

        assertTrue(run("trust", acme.publishKey(temporary.resolve("download"))).contains("SHA-256 fingerprint"));
        assertTrue(run("verify", archive).endsWith("ok\n"));
        assertTrue(run("list").startsWith("no plugins in " + user));
        Path installed = user.resolve("acme.echo-1.0.0.zip");
        assertEquals("installed acme.echo 1.0.0 as " + installed + "\n", run("install", archive));
        assertLine(run("list"), "acme.echo", "1.0.0", "loaded", installed.toString());
        assertTrue(run("info", "acme.echo").contains("provider:     Acme\n"));

        run("disable", "acme.echo");
        assertLine(run("list"), "acme.echo", "disabled");
        run("enable", "acme.echo");
        assertLine(run("list"), "acme.echo", "loaded");

        run("disable", "acme.echo");
        assertEquals("removed " + installed + "\n", run("remove", "acme.echo"));
        try (Stream<Path> left = Files.list(user)) {
            assertEquals(List.of("disabled.txt"), left.map(file -> file.getFileName().toString()).toList());
        }
        // The id is forgotten: installed again, it works.
        run("install", archive);
        assertLine(run("list"), "acme.echo", "loaded");
    }

    @Test
    void whatIsNotSoundIsNotInstalled() throws IOException {
        trust();
        Path archive = published("echo.zip", "1.0.0");
        byte[] bytes = Vendor.read(archive);
        bytes[bytes.length / 2] ^= 1;
        Vendor.write(archive, bytes);
        assertTrue(failure("install", archive).contains("changed after it was signed"));
        Files.delete(ArchiveReader.signatureOf(archive));
        assertTrue(failure("install", archive).contains("is not signed"));
        Path wrong = acme.publish(temporary.resolve("wrong.zip"), Vendor.manifest("acme.echo", "1.0.0").replace(">=0.1.0", ">=5.0.0"),
                acme.toolModule("acme.echo", "echo"));
        assertTrue(failure("install", wrong).contains("needs testudo.spi >=5.0.0"));
        assertTrue(failure("install", temporary.resolve("missing.zip")).contains("no such file"));
        assertFalse(Files.exists(user));
    }

    @Test
    void anotherVersionReplacesTheOneInTheSameDirectory() {
        trust();
        run("install", published("echo1.zip", "1.0.0"));
        String said = run("install", published("echo2.zip", "2.0.0"));

        assertTrue(said.contains("installed acme.echo 2.0.0") && said.contains("replaced " + user.resolve("acme.echo-1.0.0.zip")), said);
        String list = run("list");
        assertLine(list, "acme.echo", "2.0.0", "loaded");
        assertFalse(list.contains("1.0.0"), list);
        assertTrue(run("install", published("again.zip", "2.0.0")).startsWith("installed acme.echo 2.0.0"));
    }

    @Test
    void aPluginOfAnotherDirectoryIsNotReplaced() {
        trust();
        acme.publish(temporary.resolve("system/echo.zip"), Vendor.manifest("acme.echo", "1.0.0"), acme.toolModule("acme.echo", "echo"));
        assertTrue(failure("install", published("echo2.zip", "2.0.0")).contains("is already there as " + temporary.resolve(
                "system/echo.zip")));
    }

    @Test
    void aKeyThatIsNotTrustedHereDoesNotCountEvenIfItLiesBesideTheArchive() {
        Path archive = published("download/echo.zip", "1.0.0");
        acme.publishKey(temporary.resolve("download").resolve(TrustedKeys.FOLDER));
        assertTrue(failure("install", archive).contains("you trust none"));
    }

    @Test
    void aKeyCanBeTrustedForOneDirectoryOnly() {
        Path other = temporary.resolve("other");
        runIn(other, "trust", acme.publishKey(temporary.resolve("download")));
        Path archive = published("echo.zip", "1.0.0");

        assertTrue(runIn(other, "install", archive).contains(other.resolve("acme.echo-1.0.0.zip").toString()));
        assertTrue(failure("install", archive).contains("you trust none"));
    }

    @Test
    void aBrokenArchiveIsListedAndCanBeRemoved() {
        trust();
        Path broken = Vendor.write(user.resolve("broken.zip"), new byte[10]);

        assertLine(run("list"), "refused", broken.toString());
        assertTrue(run("list").contains("    " + broken + " is not signed"));
        assertTrue(failure("disable", "broken.zip").contains("has no id"));
        run("remove", "broken.zip");
        assertFalse(Files.exists(broken));
    }

    @Test
    void onlyPluginsCanBeRemoved() {
        trust();
        run("install", published("echo.zip", "1.0.0"));
        Vendor.write(user.resolve("notes.txt"), new byte[1]);
        for (String name : List.of("notes.txt", "plugins", "", ".", "..", "acme", "echo-1.0.0.zip")) {
            assertTrue(failure("remove", name).contains("there is no plugin"), name);
        }
        assertTrue(Files.exists(user.resolve("notes.txt")));
    }

    @Test
    void aMissingArgumentIsNamed() {
        assertTrue(assertThrows(VmmException.Config.class, () -> execute("info", List.of(), new PrintStream(new ByteArrayOutputStream())))
                .getMessage().contains("ID is missing"));
    }

    private void trust() {
        run("trust", acme.publishKey(temporary.resolve("download")));
    }

    private Path published(String file, String version) {
        return acme.publish(temporary.resolve(file), Vendor.manifest("acme.echo", version), acme.toolModule("acme.echo", "echo"));
    }

    private String run(String word, Object... argument) {
        return output(word, List.of(argument), List.of());
    }

    private String runIn(Path directory, String word, Object argument) {
        return output(word, List.of(argument), List.of(directory));
    }

    private String output(String word, List<Object> positional, List<Path> directories) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        List<Object> arguments = new ArrayList<>(directories);
        arguments.addAll(positional);
        assertEquals(0, execute(word, arguments, new PrintStream(bytes, true, StandardCharsets.UTF_8)));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private String failure(String word, Object argument) {
        return assertThrows(VmmException.class, () -> execute(word, List.of(argument), new PrintStream(new ByteArrayOutputStream())))
                .getMessage();
    }

    /// Gives the last value to the argument, those before it to the option.
    private int execute(String word, List<Object> values, PrintStream out) {
        Tool tool = commands.tools().stream().filter(candidate -> candidate.words().equals(List.of("plugin", word))).findFirst()
                .orElseThrow();
        return tool.action().run(new Given(tool, values), out);
    }

    private static void assertLine(String text, String... parts) {
        assertTrue(text.lines().anyMatch(line -> Stream.of(parts).allMatch(line::contains)), text);
    }

    /// Values for a tool's arguments.
    private record Given(Tool tool, List<Object> values) implements Configuration {
        @Override
        public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
            boolean takesArgument = tool.arguments().size() > 1;
            List<Object> wanted = option.shape() == OptionDeclaration.Shape.POSITIONAL
                    ? values.subList(Math.max(0, values.size() - 1), values.size())
                    : values.subList(0, takesArgument ? Math.max(0, values.size() - 1) : values.size());
            return wanted.stream().map(value -> new Occurrence<>(option, option.type().cast(value), 0, "test")).toList();
        }
    }
}
