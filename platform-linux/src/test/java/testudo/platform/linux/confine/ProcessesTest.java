package testudo.platform.linux.confine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import testudo.platform.linux.LinuxPlatform;
import testudo.platform.linux.call.Descriptor;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostProcess;
import testudo.spi.host.Poller;
import testudo.spi.host.ProcessRequest;
import testudo.spi.host.ProcessRequest.PassedHandle;

class ProcessesTest {
    private static final int KILLED = 128 + 9;

    private static HostProcess shell(String script, PassedHandle... handles) {
        return new LinuxProcesses()
                .start(new ProcessRequest(List.of("/bin/sh", "-c", script), Map.of("GREETING", "hello"), List.of(handles)));
    }

    @Test
    void exitCodesAndEnvironmentArrive() {
        try (HostProcess process = shell("test \"$GREETING\" = hello && exit 7")) {
            assertEquals(7, process.waitFor());
            assertEquals(7, process.exitCode().orElseThrow());
        }
    }

    @Test
    void aKilledProcessSaysSo() {
        HostProcess process = shell("while :; do :; done");
        assertTrue(process.exitCode().isEmpty());
        process.kill();
        assertEquals(KILLED, process.waitFor());
        process.close();
        process.close();
    }

    @Test
    void closingEndsIt() {
        HostProcess process = shell("exec sleep 1000");
        long id = process.id();
        process.close();
        assertFalse(Files.exists(Path.of("/proc/" + id)));
    }

    /// Standard streams and what was passed, under their numbers, and nothing else of this process.
    @Test
    void itHoldsWhatItWasGivenAndNothingElse() {
        try (Descriptor report = MemoryFile.empty("report");
                Descriptor passed = MemoryFile.readable("passed", "secret".getBytes(StandardCharsets.UTF_8));
                HostProcess process = shell(
                        "i=0; while [ $i -lt 1000 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done; cat <&9",
                        new PassedHandle(1, report),
                        new PassedHandle(9, passed))) {
            assertEquals(0, process.waitFor());
            Set<String> words = new TreeSet<>(MemoryFile.text(report).lines().toList());
            assertEquals(new TreeSet<>(Set.of("0", "1", "2", "9", "secret")), words);
        }
    }

    @Test
    void itsEndCanBePolled() {
        HostEvents events = new LinuxPlatform().events();
        try (HostProcess process = shell("exit 3"); Poller poller = events.newPoller()) {
            poller.add(process, 5, Poller.READABLE);
            assertEquals(1, poller.await(-1));
            assertEquals(3, process.exitCode().orElseThrow());
        }
    }

    @Test
    void aMissingProgramIsNamed() {
        HostProgram.Outcome outcome = HostProgram.run(report -> new LinuxProcesses()
                .start(new ProcessRequest(List.of("/nonexistent/program"), Map.of(), List.of(report))));
        assertEquals(126, outcome.code());
        assertEquals("cannot run /nonexistent/program: ENOENT", outcome.report());
    }

    @Test
    void requestsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new ProcessRequest(List.of("sh"), Map.of(), List.of()));
        assertThrows(IllegalArgumentException.class, () -> new PassedHandle(256, new Descriptor(-1)));
        PassedHandle twice = new PassedHandle(4, new Descriptor(-1));
        assertThrows(
                IllegalArgumentException.class, () -> new ProcessRequest(List.of("/bin/sh"), Map.of(), List.of(twice, twice)));
    }

    /// The starter's code for every machine, the foreign ones under QEMU's user mode.
    @ParameterizedTest
    @EnumSource
    void theStarterRunsOnEveryMachine(Machine machine, @TempDir Path folder) throws IOException, InterruptedException {
        StarterProgram program = new StarterProgram(machine);
        long text = program.text("said\n");
        int fork = program.fork("fork");
        int open = program.must("open", "openat", -100, program.text("/dev/null"), 1, 0);
        int close = program.must("close", "close", 99);
        program.pass(open, close, 0);
        program.must("write", "write", 1, text, 5);
        program.attempt("close", 12345);
        program.must("cannot close", "close", 12345);
        program.supervise(fork);
        Path file = Files.write(folder.resolve("starter"), program.image());
        assertTrue(file.toFile().setExecutable(true));
        List<String> command = machine == Machine.current()
                ? List.of(file.toString())
                : List.of("qemu-" + machine.label(), file.toString());
        assumeTrue(
                machine == Machine.current() || HostProgram.find(command.get(0)).isPresent(),
                "needs " + command.get(0) + " (package qemu-user)");

        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertEquals(126, process.waitFor(), output);
        assertEquals("said\ncannot close: EBADF", output.strip());
    }
}
