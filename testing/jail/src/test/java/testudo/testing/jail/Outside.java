package testudo.testing.jail;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Starts runners as one user or another, and looks at processes from outside.
final class Outside {
    static final int ORDINARY_USER = 1000;

    private Outside() {}

    static boolean root() {
        return Kernel.call("geteuid") == 0;
    }

    /// The parts of the class path that a jailed class needs.
    static String classPath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .filter(entry -> entry.contains("testing/jail") || entry.contains("testudo-")
                        || Stream.of("spi", "platform-linux", "jail-unshare", "jail-bubblewrap", "jail-minijail")
                                .anyMatch(module -> entry.contains("/" + module + "/")))
                .collect(Collectors.joining(File.pathSeparator));
    }

    static ProcessBuilder java(boolean ordinary, String... arguments) {
        List<String> command = new ArrayList<>(as(ordinary));
        command.addAll(List.of(System.getProperty("java.home") + "/bin/java", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
                "-cp", classPath()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.directory(new File("/"));
        return builder;
    }

    /// How to become an ordinary user.
    static List<String> as(boolean ordinary) {
        String user = Integer.toString(ORDINARY_USER);
        return ordinary ? List.of("setpriv", "--reuid", user, "--regid", user, "--clear-groups") : List.of();
    }

    /// The last of a line of only children: the process that a jail was made for.
    static long innermost(long process) throws IOException {
        long current = process;
        while (true) {
            String children = "";
            try (Stream<Path> tasks = Files.list(Path.of("/proc/" + current + "/task"))) {
                for (Path task : tasks.toList()) {
                    try {
                        children += Files.readString(task.resolve("children"));
                    } catch (IOException gone) {
                        if (Files.exists(task)) { // otherwise a thread that has ended
                            throw gone;
                        }
                    }
                }
            }
            if (children.isBlank()) {
                return current;
            }
            current = Long.parseLong(children.strip().split(" ", -1)[0]);
        }
    }

    /// The `NAME: value` lines of a status file.
    static String status(Path task, String field) throws IOException {
        return Files.readAllLines(task.resolve("status"))
                .stream()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1).strip())
                .findFirst()
                .orElseThrow();
    }
}
