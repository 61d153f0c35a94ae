package testudo.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import testudo.core.option.Spelling;

/// Options in front of the command.
/// @param extendedStatus whether the exit status of `run` says how the machine ended
/// @param log how much is logged
/// @param pluginDirectories where plugins from outside are; empty: the usual places
/// @param help whether help was asked for
/// @param rest the command and what follows it
record GlobalOptions(boolean extendedStatus, LogSettings log, List<Path> pluginDirectories, boolean help, List<String> rest) {
    static final List<String> NAMES = List.of("--extended-status", "--help", "--log-level", "--no-syslog", "--plugin-dir", "--syslog-tag",
            "--version");

    /// Reads them.
    /// @throws UsageException when one is wrong
    static GlobalOptions of(List<String> arguments) {
        boolean extendedStatus = false;
        boolean help = false;
        String filter = "info";
        String tag = "";
        List<Path> directories = new ArrayList<>();
        int i = 0;
        for (; i < arguments.size() && arguments.get(i).startsWith("-") && arguments.get(i).length() > 1; i++) {
            String name = arguments.get(i);
            switch (name) {
                case "--extended-status" -> extendedStatus = true;
                case "--help" -> help = true;
                case "--no-syslog" -> {
                    // Nothing is ever written to the system log.
                }
                case "--log-level" -> filter = value(arguments, ++i);
                case "--syslog-tag" -> tag = value(arguments, ++i);
                case "--plugin-dir" -> directories.add(path(value(arguments, ++i)));
                case "--version" -> {
                    return new GlobalOptions(false, LogSettings.of(filter, tag), List.of(), false, List.of("version"));
                }
                default -> throw new UsageException(List.of("%s: unknown option%s; see testudo --help"
                        .formatted(name, Spelling.hint(name, NAMES))));
            }
        }
        return new GlobalOptions(
                extendedStatus, LogSettings.of(filter, tag), List.copyOf(directories), help,
                arguments.subList(i, arguments.size()));
    }

    private static String value(List<String> arguments, int at) {
        if (at >= arguments.size()) {
            throw new UsageException(List.of(arguments.getLast() + ": a value is missing"));
        }
        return arguments.get(at);
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UsageException(List.of("--plugin-dir: the path is not valid: " + e.getReason()));
        }
    }
}
