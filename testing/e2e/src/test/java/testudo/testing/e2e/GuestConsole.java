package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// A guest's console, as seen through the standard input and output of the monitor that runs it.
final class GuestConsole {
    /// How long a stock kernel may take to its prompt: 5 to 25 s when the machine is quiet, much longer when it is not.
    static final Duration BOOT_LIMIT = Duration.ofMinutes(5);

    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(3);
    private static final String FIO = "fio --name=check --filename=/dev/vdb --direct=1 --ioengine=libaio --iodepth=8 --bs=4k --size=16M"
            + " --rw=randwrite --randseed=7 --verify=crc32c --verify_fatal=1 --eta=never --output=/tmp/fio.txt ";
    private static final Duration FIO_LIMIT = Duration.ofMinutes(5);
    private static final Pattern PROMPT = Pattern.compile("guest# ");
    /// The end, as [OuterProgram] tells it, is left for those who ask for the exit code.
    private static final Pattern PROMPT_OR_END = Pattern.compile(PROMPT.pattern() + "|(?=\\[program ended: )");
    private static final int LINE_LIMIT = 4000;

    private final Port port;
    private int sequence;

    GuestConsole(Port port) {
        this.port = port;
    }

    /// Waits for the guest's first prompt.
    /// @throws AssertionError when it does not come, at once when the monitor has ended
    void awaitPrompt() throws InterruptedException {
        if (port.expect(PROMPT_OR_END, BOOT_LIMIT).group().isEmpty()) {
            throw new AssertionError("the monitor ended before the guest's prompt");
        }
    }

    /// Runs a command line in the guest.
    ///
    /// @param command one line; longer than 4000 characters the guest's terminal would cut it
    /// @return its exit code and what it wrote to either stream
    Host.Result run(String command, Duration limit) throws IOException, InterruptedException {
        int number = ++sequence;
        String line = "eval '" + command.replace("'", "'\\''") + "' 2>&1; printf 'end-%s %s\\n' " + number + " $?\n";
        if (command.indexOf('\n') >= 0 || line.length() > LINE_LIMIT) {
            throw new IllegalArgumentException("not one line of at most " + LINE_LIMIT + " characters: " + command);
        }
        port.send(line);
        // From the start only: a pattern that may begin anywhere takes the square of the output's length to say no.
        MatchResult end = port.expect(
                Pattern.compile("\\A([\\s\\S]*?)end-" + number + " (\\d+)\r?\n[\\s\\S]*?" + PROMPT.pattern()), limit);
        return new Host.Result(Integer.parseInt(end.group(2)), end.group(1).replace("\r\n", "\n"), "");
    }

    /// Runs a command line in the guest, which must succeed.
    ///
    /// @return what it wrote, without surrounding white space
    String run(String command) throws IOException, InterruptedException {
        return run(command, COMMAND_LIMIT).orFail("in the guest: " + command).stdout().strip();
    }

    /// Writes 16 MiB all over `/dev/vdb` with fio, reads them back and compares.
    ///
    /// @param more further options of fio
    Host.Result fio(String... more) throws IOException, InterruptedException {
        return run(FIO + String.join(" ", more), FIO_LIMIT);
    }

    /// Starts the same and does not wait for it; [#awaitFio] does.
    void startFio() throws IOException {
        sendLine(FIO + "; echo fio-ended $?");
    }

    /// Waits for the end of what [#startFio] has started.
    /// @return its exit code
    int awaitFio() throws InterruptedException {
        return Integer.parseInt(expect("fio-ended (\\d+)\r?\n", FIO_LIMIT).group(1));
    }

    /// Sends a line without waiting for anything: for commands that end the guest.
    void sendLine(String line) throws IOException {
        port.send(line + "\n");
    }

    /// Waits for a pattern in the guest's output.
    MatchResult expect(String pattern, Duration limit) throws InterruptedException {
        return port.expect(Pattern.compile(pattern), limit);
    }
}
