package testudo.testing.e2e;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// A program that runs in the outer Linux with its standard input and output on a console port, and its standard error in a
/// file. It leads a process group of its own, so that killing it takes its children along.
final class OuterProgram implements BackgroundProgram {
    private static final Duration KILL_LIMIT = Duration.ofSeconds(120);

    private final OuterLinux outer;
    private final Port console;
    private final String name;
    private final String command;
    private final int start;
    private int exitCode = -1;

    private OuterProgram(OuterLinux outer, Port console, String name, String command) {
        this.outer = outer;
        this.console = console;
        this.name = name;
        this.command = command;
        this.start = console.position();
    }

    static OuterProgram start(OuterLinux outer, int number, Port console, String command)
            throws IOException, InterruptedException {
        console.skip();
        OuterProgram program = new OuterProgram(outer, console, "/tmp/program-" + number, command);
        outer.upload(("exec " + command + "\n").getBytes(StandardCharsets.UTF_8), program.name + ".sh");
        // One open of the port, because it takes only one. The end of the program is told on the port itself.
        outer.upload("""
                exec 0<> /dev/virtio-ports/console-%1$d 1>&0 2> %2$s.err
                exec 3<&0
                setsid /bin/sh %2$s.sh <&3 3<&- &
                echo $! > %2$s.pid
                wait $!
                code=$?
                printf '\\n[program ended: %%s]\\n' "$code"
                """.formatted(number, program.name).getBytes(StandardCharsets.UTF_8), program.name + ".run");
        outer.exec("rm -f " + program.name + ".pid; setsid /bin/sh " + program.name + ".run > /dev/null 2>&1 &"
                + " until [ -s " + program.name + ".pid ]; do usleep 20000; done").orFail("starting " + command);
        return program;
    }

    @Override
    public Port console() {
        return console;
    }

    @Override
    public int awaitExit(Duration limit) throws InterruptedException {
        if (exitCode < 0) {
            MatchResult end = console.expect(Pattern.compile("\\[program ended: (\\d+)\\]\n"), limit);
            exitCode = Integer.parseInt(end.group(1));
        }
        return exitCode;
    }

    @Override
    public void kill() throws IOException, InterruptedException {
        outer.exec("kill -s KILL -- -$(cat " + name + ".pid)").orFail("killing " + command);
        awaitExit(KILL_LIMIT);
    }

    @Override
    public String pid() throws IOException, InterruptedException {
        return outer.exec("cat " + name + ".pid").orFail("process number").stdout().strip();
    }

    @Override
    public String output() {
        return console.transcript().substring(start);
    }

    @Override
    public String stderr() throws IOException, InterruptedException {
        return outer.exec("cat " + name + ".err").orFail("standard error").stdout();
    }

    @Override
    public String report() {
        String output = "-- command: " + command + (exitCode < 0 ? " (still running)" : " (ended with " + exitCode + ")")
                + "\n-- its output:\n" + Report.lastLines(output(), 100);
        try {
            return output + "\n-- its standard error:\n" + Report.lastLines(stderr(), 40);
        } catch (IOException | AssertionError e) {
            return output + "\n-- its standard error cannot be read: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return output;
        }
    }

    /// Kills the program unless it has ended.
    @Override
    public void close() throws IOException {
        if (exitCode >= 0) {
            return;
        }
        try {
            // It may have ended by itself meanwhile; its end is on the port in either case.
            outer.exec("kill -s KILL -- -$(cat " + name + ".pid) 2> /dev/null; true");
            awaitExit(KILL_LIMIT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while ending " + command);
        }
    }
}
