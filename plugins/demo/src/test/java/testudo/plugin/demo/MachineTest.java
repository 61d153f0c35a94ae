package testudo.plugin.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import testudo.plugin.demo.CpioReader.Entry;
import testudo.plugin.demo.GuestCache.Guest;
import testudo.plugin.demo.Machine.Terminal;

/// The demo's machine, with a `run` that only writes what a guest would.
class MachineTest {
    private static final Terminal NONE = new Terminal(false, "xterm");

    @TempDir private Path folder;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final List<String> arguments = new ArrayList<>();
    private Guest guest;
    private Path run;

    @BeforeEach
    void makeAGuest() throws IOException {
        guest = new Guest(Files.writeString(folder.resolve("kernel"), "k"), Files.writeString(folder.resolve("base"), ""));
    }

    private static DemoOptions options(Optional<String> command) {
        return new DemoOptions(4, 256, Optional.empty(), command, Optional.empty(), Optional.empty(), false, false);
    }

    private int run(Optional<String> command, Terminal terminal, String report, int ended) throws IOException {
        PrintStream errors = new PrintStream(err, true, StandardCharsets.UTF_8);
        Progress progress = new Progress(errors, false, Progress.PATIENCE);
        run = Files.createTempDirectory(folder, "run");
        return new Machine(options(command), run, terminal, progress, errors).run(guest, given -> {
            arguments.addAll(given);
            try {
                Files.writeString(run.resolve("status"), report);
                Files.writeString(run.resolve("messages"), "Linux version\nKernel panic\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return ended;
        });
    }

    private List<Entry> initramfs() throws IOException {
        return CpioReader.read(Files.readAllBytes(Path.of(arguments.get(arguments.indexOf("--initrd") + 1))));
    }

    @Test
    void commandTravelsInTheInitramfsAndItsStatusOnThePort() throws IOException {
        String command = "echo \"it's\"; exit 7";
        assertEquals(7, run(Optional.of(command), NONE, "up\nexit 7\n", 0));
        assertEquals(command + "\n", initramfs().stream().filter(each -> each.name().equals("testudo/command")).findFirst().orElseThrow()
                .text());
        assertFalse(initramfs().stream().anyMatch(each -> each.name().equals("testudo/terminal")));
        assertEquals("", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void machineHasTheDemosDevices() throws IOException {
        run(Optional.empty(), new Terminal(true, "xterm"), "up\nexit 0\n", 0);
        String line = String.join(" ", arguments);
        assertTrue(line.startsWith("--log-level warn run --disable-sandbox --hypervisor soft --cpus 4 --mem 256 "), line);
        assertTrue(line.contains(" type=stdout,hardware=virtio-console,num=1,stdin "), line);
        assertTrue(line.contains("\"" + run.resolve("status") + "\",hardware=virtio-console,num=2,name=testudo.status "), line);
        assertTrue(line.endsWith(" " + guest.kernel()), line);
        assertEquals(64L << 20, Files.size(run.resolve("disk")));
    }

    @Test
    void commandWithoutATerminalReadsNoInput() throws IOException {
        run(Optional.of("true"), NONE, "up\nexit 0\n", 0);
        assertFalse(String.join(" ", arguments).contains("stdin"));
    }

    @ParameterizedTest
    @CsvSource({"xterm-256color,xterm-256color", "'x; reboot',dumb", "'',dumb"})
    void terminalTypeIsPassedOnWhenItIsOne(String type, String passed) throws IOException {
        run(Optional.empty(), new Terminal(true, type), "up\nexit 0\n", 0);
        assertEquals(passed, initramfs().stream().filter(each -> each.name().equals("testudo/terminal")).findFirst().orElseThrow().text());
    }

    @Test
    void guestThatNeverComesUpShowsItsKernelsMessages() throws IOException {
        assertEquals(33, run(Optional.of("true"), NONE, "", 33));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("Kernel panic"));
        assertEquals(1, run(Optional.of("true"), NONE, "", 0));
    }

    @Test
    void commandWithoutAStatusIsAFailure() throws IOException {
        assertEquals(1, run(Optional.of("poweroff -f"), NONE, "up\n", 0));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("before the command did"));
        assertEquals(32, run(Optional.of("reboot -f"), NONE, "up\n", 32));
    }

    @Test
    void leavingAShellIsNoFailure() throws IOException {
        assertEquals(0, run(Optional.empty(), new Terminal(true, "xterm"), "up\n", 0));
        assertEquals(34, run(Optional.empty(), new Terminal(true, "xterm"), "up\n", 34));
    }

    @ParameterizedTest
    @CsvSource({"'up\nexit 255\n',255", "'up\nexit 0\n',0", "'exit 7',7", "'up\nexit 7x\n',-1", "'up\nexits 7\n',-1",
            "'up\nexit 7777\n',-1"})
    void statusIsALineOfItsOwn(String report, int status) {
        assertEquals(status, Machine.reported(report).orElse(-1));
    }
}
