package testudo.testing.firmware;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A machine whose guest waits takes no processor time, whatever devices it has: nothing polls.
class IdleTest {
    private static final Path BIOS = Path.of("/usr/share/seabios/bios.bin");
    /// Seconds of a look. `USER_HZ` is 100 on Linux: a window has so many hundred ticks.
    private static final int WINDOW_SECONDS = 3;
    /// Compilers may still be busy in the first of them.
    private static final int WINDOWS = 4;
    /// One per cent of a processor, which the JVM's own housekeeping stays below.
    private static final long IDLE_TICKS = WINDOW_SECONDS;
    /// Where the fields begin that follow the program's name, and among them the processor time in user mode: `proc(5)`, 14 and 15.
    private static final int USER_TIME = 11;

    @TempDir Path folder;

    @BeforeEach
    void needs() {
        Product.assumeKvm();
        assumeTrue(Files.isRegularFile(BIOS), "needs " + BIOS + " of package seabios");
    }

    private static Stream<ProcessHandle> processes(Process machine) {
        return Stream.concat(Stream.of(machine.toHandle()), machine.descendants());
    }

    private static long ticks(ProcessHandle process) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[USER_TIME + 1]);
        } catch (IOException e) {
            throw new AssertionError("a process of the machine has gone", e);
        }
    }

    /// The fewest ticks of all windows, of all the machine's processes together.
    private long leastTicks(byte[] guest, String... more) throws IOException, InterruptedException {
        Path disk = GuestImage.disk(folder.resolve("disk"), guest);
        String[] arguments = Stream.concat(
                Stream.of("--bios", BIOS.toString(), "--block", "path=" + disk, "--net", "user",
                        "--fw-cfg", "name=etc/show-boot-menu,path=" + Files.write(folder.resolve("menu"), new byte[1])),
                Stream.of(more)).toArray(String[]::new);
        Process machine = Product.begin(folder, arguments);
        try {
            while (Files.size(folder.resolve("stdout")) == 0) {
                assertTrue(!machine.waitFor(20, TimeUnit.MILLISECONDS), () -> "it ended");
            }
            long least = Long.MAX_VALUE;
            for (int i = 0; i < WINDOWS && least > IDLE_TICKS; i++) {
                long before = processes(machine).mapToLong(IdleTest::ticks).sum();
                assertTrue(!machine.waitFor(WINDOW_SECONDS, TimeUnit.SECONDS), () -> "it ended");
                least = Math.min(least, processes(machine).mapToLong(IdleTest::ticks).sum() - before);
            }
            return least;
        } finally {
            machine.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aWaitingGuestTakesNoTime(boolean jails) throws Exception {
        byte[] waits = GuestCode.real().awaitTick().print("w").raw(0xFA).halt(); // cli: not even the timer

        long ticks = leastTicks(waits, jails ? new String[0] : new String[]{"--disable-sandbox"});

        assertTrue(ticks <= IDLE_TICKS, () -> ticks + " ticks in " + WINDOW_SECONDS + " s");
    }

    /// Shows that the test above can fail.
    @Test
    void aBusyGuestTakesTime() throws Exception {
        byte[] spins = GuestCode.real().awaitTick().print("s").raw(0xEB, 0xFE).halt();

        long ticks = leastTicks(spins, "--disable-sandbox");

        assertTrue(ticks > IDLE_TICKS, () -> ticks + " ticks in " + WINDOW_SECONDS + " s");
    }
}
