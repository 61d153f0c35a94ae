package testudo.plugin.demo;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// Runs programs of this system: apt and dpkg. One that is interrupted is ended.
final class HostPrograms {
    private final String searchPath;

    /// Makes it.
    /// @param searchPath folders as in `$PATH`
    HostPrograms(String searchPath) {
        this.searchPath = searchPath;
    }

    /// A program ended with another status than 0.
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1L;

        Failed(String message) {
            super(message);
        }
    }

    /// Those of some programs that are not installed.
    List<String> missing(String... names) {
        List<String> folders = Arrays.asList(searchPath.split(Pattern.quote(File.pathSeparator), -1));
        return Arrays.stream(names)
                .filter(name -> folders.stream().noneMatch(folder -> Files.isExecutable(Path.of(folder).resolve(name))))
                .toList();
    }

    /// Runs a program to its end.
    /// @param folder where it runs
    /// @param command program and arguments
    /// @param line takes each line of its standard output
    /// @throws Failed with the end of what it wrote to standard error
    void run(Path folder, List<String> command, Consumer<String> line) throws IOException, InterruptedException, Failed {
        Path messages = Files.createTempFile(folder, "messages", "");
        try {
            Process process = builder(folder, command, Redirect.to(messages.toFile())).start();
            try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
                out.lines().forEach(line);
            } catch (UncheckedIOException e) {
                throw e.getCause();
            } finally {
                end(process);
            }
            check(command, process.waitFor(), messages);
        } finally {
            Files.delete(messages);
        }
    }

    /// Runs two programs, the second of which reads what the first writes.
    /// @throws Failed when one of them fails
    void pipe(Path folder, List<String> first, List<String> second) throws IOException, InterruptedException, Failed {
        Path messages = Files.createTempFile(folder, "messages", "");
        try {
            Redirect append = Redirect.appendTo(messages.toFile());
            List<Process> processes = ProcessBuilder.startPipeline(List.of(
                    builder(folder, first, append), builder(folder, second, append).redirectInput(Redirect.PIPE).redirectOutput(append)));
            try {
                // The second ends after the first. Its verdict comes first, because a full disk also breaks the pipe of the first.
                int status = processes.getLast().waitFor();
                check(second, status, messages);
                check(first, processes.getFirst().waitFor(), messages);
            } finally {
                for (Process process : processes) {
                    end(process);
                }
            }
        } finally {
            Files.delete(messages);
        }
    }

    /// The first line that a program writes and that matches.
    Optional<String> firstLine(Path folder, List<String> command, Pattern pattern) throws IOException, InterruptedException, Failed {
        List<String> found = new ArrayList<>();
        run(folder, command, line -> {
            if (pattern.matcher(line).find()) {
                found.add(line);
            }
        });
        return found.stream().findFirst();
    }

    private static ProcessBuilder builder(Path folder, List<String> command, Redirect errors) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile())
                .redirectInput(Redirect.from(new File("/dev/null"))).redirectError(errors);
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    /// Ends a program that still runs because this thread was interrupted or its output could not be read.
    private static void end(Process process) {
        if (Thread.currentThread().isInterrupted()) {
            process.destroyForcibly();
        }
    }

    private static void check(List<String> command, int status, Path messages) throws IOException, Failed {
        if (status != 0) {
            List<String> lines = Files.readString(messages).lines().filter(line -> !line.isBlank()).toList();
            String last = String.join("; ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
            throw new Failed("%s ended with status %d%s".formatted(command.getFirst(), status, last.isEmpty() ? "" : ": " + last));
        }
    }
}
