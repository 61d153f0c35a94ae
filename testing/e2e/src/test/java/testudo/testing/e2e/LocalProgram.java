package testudo.testing.e2e;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// A program on this machine.
final class LocalProgram implements BackgroundProgram {
    private static final Duration KILL_LIMIT = Duration.ofSeconds(60);

    private final String command;
    private final Path messages;
    private final Process process;
    private final Port console;
    private final Thread atExit;

    LocalProgram(ThisMachine host, String command, Path messages) throws IOException {
        this.command = command;
        this.messages = messages;
        process = host.shell("exec " + command).redirectError(messages.toFile()).start();
        console = new Port("program", Channels.newChannel(process.getInputStream()), Channels.newChannel(flushing(process
                .getOutputStream())));
        atExit = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /// A process's standard input has a buffer, which a channel does not empty.
    private static OutputStream flushing(OutputStream buffered) {
        return new FilterOutputStream(buffered) {
            @Override
            public void write(byte[] bytes, int offset, int lengthBytes) throws IOException {
                out.write(bytes, offset, lengthBytes);
                out.flush();
            }
        };
    }

    @Override
    public Port console() {
        return console;
    }

    @Override
    public int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("the program did not end within " + limit.toSeconds() + " s: " + command);
        }
        // What it wrote last may still be on its way.
        console.awaitEnd(limit);
        return process.exitValue();
    }

    @Override
    public void kill() throws IOException, InterruptedException {
        ThisMachine.kill(process);
        awaitExit(KILL_LIMIT);
    }

    @Override
    public String pid() {
        return Long.toString(process.pid());
    }

    @Override
    public String output() {
        return console.transcript();
    }

    @Override
    public String stderr() throws IOException {
        return Files.readString(messages, StandardCharsets.ISO_8859_1);
    }

    @Override
    public String report() {
        String output = "-- command: " + command + (process.isAlive() ? " (still running)" : " (ended with " + process.exitValue() + ")")
                + "\n-- its output:\n" + Report.lastLines(output(), 100);
        try {
            return output + "\n-- its standard error:\n" + Report.lastLines(stderr(), 40);
        } catch (IOException e) {
            return output + "\n-- its standard error cannot be read: " + e.getMessage();
        }
    }

    @Override
    public void close() throws IOException {
        Runtime.getRuntime().removeShutdownHook(atExit);
        try {
            if (process.isAlive()) {
                kill();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while ending " + command);
        }
        console.close();
    }
}
