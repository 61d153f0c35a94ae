package testudo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.core.machine.RunResult;
import testudo.spi.VmmException;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;

/// Whole command lines against a core that runs nothing.
class CommandLineTest {
    private final FakeCore core = new FakeCore();

    private Configuration run(String... arguments) {
        assertEquals(0, core.execute(arguments), core::err);
        return core.ran.getFirst();
    }

    @Test
    void devicesThatRunByThemselvesAreCommands() {
        FakeCore core = new FakeCore();

        assertEquals(0, core.execute("device", "echo", "--block", "disk.img"));
        assertEquals("disk.img", core.ran.getFirst().value(FakeCore.BLOCK).orElseThrow().path().toString());
        assertEquals(35, core.execute("device", "echo", "--kernel", "x"));
        assertEquals(35, core.execute("device", "other"));
    }

    @Test
    void optionsAndKernelMayBeMixed() {
        Configuration given = run("run", "-m", "512", "/boot/vmlinuz", "-b=/a,ro", "--block", "path=/b", "--no-rng", "--no-rng");
        assertEquals(Optional.of(512L), given.value(FakeCore.MEM));
        assertEquals(Optional.of(Path.of("/boot/vmlinuz")), given.value(FakeCore.KERNEL));
        assertEquals(List.of(true, false), given.all(FakeCore.BLOCK).stream().map(each -> each.value().ro()).toList());
        assertEquals(List.of("--block #1", "--block #2"), given.all(FakeCore.BLOCK).stream().map(Occurrence::where).toList());
        assertTrue(given.isSet(FakeCore.NO_RNG));
    }

    @Test
    void toolsRunOtherCommandsAndLearnHowTheMachineEnded() {
        core.result = RunResult.CRASH;
        assertEquals(2 * RunResult.CRASH.status(), core.execute("twice"), core::err);
        assertEquals(List.of(1L, 2L), core.ran.stream().map(each -> each.value(FakeCore.MEM).orElseThrow()).toList());
    }

    @Test
    void nothingIsAnOptionAfterTwoDashes() {
        assertEquals(Optional.of(Path.of("--no-rng")), run("run", "--", "--no-rng").value(FakeCore.KERNEL));
    }

    @Test
    void pluginDirectoriesBeforeTheCommandReachCommandsThatTakeThem() {
        assertEquals(3, core.execute("--plugin-dir", "/a", "plugin", "list", "--plugin-dir", "/b"));
        assertEquals("[/a, /b]", core.out().strip());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "run --mem 1 --mem 2 | --mem: may be given only once",
            "run k1 k2 | run: unexpected argument 'k2'",
            "run --blok /a | --blok: unknown option of run; did you mean \"--block\"?; see testudo help run",
            "run --block /a,rw | --block #1: unknown key \"rw\" at character 4; did you mean \"ro\"?",
            "run --gpu 2d | --gpu: not in this version of Testudo; see docs/crosvm-compatibility.md",
            "run --block /a,sparse=false | --block #1: key \"sparse\": not in this version of Testudo; see docs/crosvm-compatibility.md",
            "run --mem | --mem: a value is missing: --mem MIB",
            "run --mem 12M | --mem: \"12M\" at character 1 is not a number; write digits, 0x…, 0o… or 0b…, without a unit",
            "run --no-rng=true k | run: unexpected argument 'k'",
            "ruin | ruin: unknown command; did you mean \"run\"?; see testudo --help",
            "vfio add x y | vfio add: not in this version of Testudo; see docs/crosvm-compatibility.md",
            "disk | disk: one of these must follow: [disk resize]",
            "balloon 7 | balloon: the argument VM_SOCKET is missing; see testudo help balloon",
            "--extended-statu run | --extended-statu: unknown option; did you mean \"--extended-status\"?; see testudo --help",
            "--log-level loud run | --log-level: 'loud' is not one of off, error, warn, info, debug, trace",
            "--log-level | --log-level: a value is missing"
    })
    void wrongArgumentsEndWith35(String line, String expected) {
        assertEquals(35, core.execute(line.split(" ")));
        assertEquals("testudo: " + expected + "\n", core.err());
        assertTrue(core.ran.isEmpty());
        assertEquals("", core.out());
    }

    @Test
    void allProblemsAreReportedAtOnce() {
        assertEquals(35, core.execute("run", "--gpu", "2d", "--block", "ro=maybe", "--mem", "x"));
        assertEquals(4, core.err().lines().count(), core::err);
    }

    @ParameterizedTest
    @EnumSource(RunResult.class)
    void howTheMachineEndedIsTheStatusWhenAskedFor(RunResult result) {
        core.result = result;
        assertEquals(0, core.execute("run", "k"));
        assertEquals(result.status(), core.execute("--extended-status", "run", "k"));
    }

    @Test
    void machineThatCannotStartEndsWithOne() {
        core.failure = new VmmException.Config(List.of("a", "b"));
        assertEquals(1, core.execute("run", "k"));
        core.failure = new VmmException.Host(VmmException.Kind.DENIED, "no hypervisor can be used here");
        assertEquals(1, core.execute("--extended-status", "run", "k"));
        assertEquals("testudo: a\ntestudo: b\ntestudo: no hypervisor can be used here\n", core.err());
    }

    @Test
    void configurationFileAddsToTheCommandLine(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("m.json"), "{\"mem\": 64, \"block\": [\"/a,ro\"], \"kernel\": \"/k\"}");
        Configuration given = run("run", "--cfg", file.toString(), "-b", "/b");
        assertEquals(List.of(Path.of("/a"), Path.of("/b")), given.all(FakeCore.BLOCK).stream().map(each -> each.value().path()).toList());
        assertEquals(Optional.of(Path.of("/k")), given.value(FakeCore.KERNEL));
        assertEquals(35, core.execute("run", "--mem", "1", "--cfg", file.toString()));
        assertEquals(35, core.execute("run", "--cfg", folder.resolve("none").toString()));
    }

    @Test
    void aConfigurationFileThatCannotBeReadIsNamedWithTheReason(@TempDir Path folder) throws IOException {
        Path bytes = Files.write(folder.resolve("m.json"), new byte[]{(byte) 0xC0, (byte) 0xC0});
        core.execute("run", "--cfg", folder.resolve("none").toString());
        core.execute("run", "--cfg", folder.toString());
        core.execute("run", "--cfg", bytes.toString());
        assertEquals(
                """
                        testudo: --cfg %1$s/none: the file can't be read: no such file
                        testudo: --cfg %1$s: the file can't be read: Is a directory
                        testudo: --cfg %1$s/m.json: the file can't be read: it is not text in UTF-8
                        """.formatted(folder),
                core.err());
    }

    @Test
    void deprecatedOptionsWarn() {
        run("run", "--rwdisk", "/a");
        assertEquals("testudo: --rwdisk is deprecated; use --block\n", core.err());
    }

    @Test
    void plansArePrintedInsteadOfRun() {
        assertEquals(0, core.execute("run", "--dump-machine", "k"));
        assertEquals(0, core.execute("run", "--dry-run", "k"));
        assertEquals("{\n  \"vcpus\": 1\n}\nThe machine is all right: {\"vcpus\":1}\n", core.out());
        assertTrue(core.ran.isEmpty());
    }

    @Test
    void exitKeysAreAnnouncedOnATerminalOnly() {
        core.execute("run", "k");
        assertFalse(core.err().contains("Ctrl-A x"));
        core.terminal = true;
        core.execute("run", "k");
        assertTrue(core.err().contains("Ctrl-A x"));
    }

    @Test
    void clientCommandsSendOneRequest() {
        assertEquals(0, core.execute("balloon", "--wait", "4096", "/tmp/s"));
        assertEquals(0, core.execute("disk", "resize", "8", "/tmp/s"));
        assertEquals(0, core.execute("stop", "/tmp/s"));
        assertEquals(List.of("/tmp/s {\"BalloonCommand\":{\"size\":4096}}", "/tmp/s \"Resize\"", "/tmp/s \"Exit\""), core.sent);
        assertEquals("", core.out());
    }

    @Test
    void responsesArePrintedAndErrorsFail() {
        core.response = Map.of("Stats", 1L);
        assertEquals(0, core.execute("balloon_stats", "/tmp/s"));
        assertEquals("{\"Stats\":1}\n", core.out());
        core.response = Map.of("Err", 95L);
        assertEquals(1, core.execute("stop", "/tmp/s"));
        assertEquals("testudo: unexpected response: {\"Err\":95}\n", core.err());
    }

    @Test
    void toolsRunWithTheirStatus() {
        assertEquals(3, core.execute("plugin", "list"));
        assertEquals("none\n", core.out());
    }

    @Test
    void devicesSayWhatIsMissing() {
        assertEquals(0, core.execute("devices"));
        assertEquals("""
                Hypervisors:
                  kvm  not usable: /dev/kvm: EACCES; add the user to group kvm
                Devices:
                  none installed
                """, core.out());
    }

    @Test
    void helpComesFromTheDeclarations() {
        assertEquals(0, core.execute("run", "--help"));
        String help = core.out();
        assertTrue(help.startsWith("Usage: testudo run <options> KERNEL\n"), help);
        assertTrue(help.contains("\nDisks:\n  -b, --block PATH[,key=value…]   add a disk\n"), help);
        assertTrue(help.contains("          ro=BOOL                 read-only [false]\n"), help);
        assertTrue(help.contains("writable disk (deprecated: use --block)"), help);
        assertEquals(0, core.execute("help", "run"));
        assertEquals(help + help, core.out());
        assertEquals(0, core.execute("help", "disk", "resize"));
        assertTrue(core.out().contains("Usage: testudo disk resize SIZE VM_SOCKET\n"), core.out());
    }

    @Test
    void overviewListsTheCommands() {
        assertEquals(0, core.execute("-h"));
        assertTrue(core.out().contains("\n  balloon_stats                   print statistics\n"), core.out());
        assertEquals(35, core.execute());
        assertTrue(core.err().startsWith("Usage: testudo"));
    }

    @Test
    void versionNeedsNoProviders() {
        CommandLine line = new CommandLine(_ -> {
            throw new AssertionError("looked for providers");
        }, System.out, System.err);
        assertEquals(0, line.execute(List.of("version")));
        assertEquals(0, line.execute(List.of("--version")));
    }
}
