package testudo.testing.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/// A monitor whose guest reads commands from its serial port, one line each, and writes `guest# ` when it waits for one.
final class GuestShell implements AutoCloseable {
    private static final String PROMPT = "guest# ";
    private static final int LIMIT_SECONDS = 1800;

    private final MonitorProcess monitor;

    /// What something took.
    /// @param millis on the clock
    /// @param processorMillis of all threads of the monitor
    record Spent(double millis, double processorMillis) {}

    /// Starts a monitor.
    /// @param command its command line
    /// @param log gets its standard error
    GuestShell(List<String> command, Path log) throws IOException {
        monitor = new MonitorProcess(command, log);
    }

    /// Waits for the first prompt.
    Spent boot() throws IOException {
        long nanos = monitor.await(PROMPT, LIMIT_SECONDS);
        return new Spent(nanos / 1e6, monitor.processorTime().millis());
    }

    /// Runs a command.
    /// @throws IOException when it fails or the guest ends
    Spent run(String command) throws IOException {
        OutputStream keyboard = monitor.keyboard();
        MonitorProcess.ProcessorTime before = monitor.processorTime();
        long start = System.nanoTime();
        keyboard.write((command + " && echo fine || echo wrong\n").getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
        String text = monitor.text(PROMPT, LIMIT_SECONDS);
        Spent spent = new Spent((System.nanoTime() - start) / 1e6, monitor.processorTime().since(before).millis());
        if (!text.contains("fine")) {
            throw new IOException("in the guest: %s: %s".formatted(command, text.strip()));
        }
        return spent;
    }

    @Override
    public void close() throws IOException {
        monitor.close();
    }
}
