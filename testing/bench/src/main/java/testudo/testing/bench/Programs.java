package testudo.testing.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/// Other programs: where they are, and what they print.
final class Programs {
    private static final Pattern SEPARATOR = Pattern.compile(Pattern.quote(File.pathSeparator));

    private Programs() {}

    /// Looks a program up in `$PATH`.
    /// @param name its name
    /// @return its path, or the bare name when there is none
    static Path find(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        return SEPARATOR.splitAsStream(path).map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst()
                .orElse(Path.of(name));
    }

    /// Processor time of all threads that a process has now.
    /// @param process its id
    /// @return nanoseconds, as precise as the scheduler counts them
    static long processorNanos(long process) throws IOException {
        long nanos = 0;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(process), "task"))) {
            for (Path thread : threads) {
                try {
                    String schedstat = Files.readString(thread.resolve("schedstat"));
                    nanos += Long.parseLong(schedstat.substring(0, schedstat.indexOf(' ')));
                } catch (NoSuchFileException ended) {
                    continue; // between the listing and the reading
                }
            }
        }
        return nanos;
    }

    /// Runs a program to its end.
    /// @param command the program and its arguments
    /// @return its standard output, without blanks at the ends
    /// @throws IOException when it fails
    static String output(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip();
        try {
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException("%s ended with status %d: %s".formatted(command.getFirst(), status, text));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(command.getFirst() + " was interrupted", e);
        }
        return text;
    }
}
