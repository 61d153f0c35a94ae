package testudo.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.Level;

/// How much is logged: crosvm's filter grammar, `LEVEL` and `PATH=LEVEL` separated by commas; the longest matching path wins.
/// @param rules longest path first
/// @param tag put in front of every line, may be empty
record LogSettings(List<Rule> rules, String tag) {
    /// Levels by name; nothing is more severe than off.
    static final int OFF = Integer.MAX_VALUE;

    /// A path and its level.
    /// @param path start of a logger's name, with or without `testudo.`; empty matches all
    /// @param level [Level#toInt()] of the least severe message that is written, or [#OFF]
    record Rule(String path, int level) {
        boolean matches(String logger) {
            return path.isEmpty() || startsWithPath(logger, path) || startsWithPath(logger, "testudo." + path);
        }

        private static boolean startsWithPath(String logger, String path) {
            return logger.startsWith(path) && (logger.length() == path.length() || logger.charAt(path.length()) == '.');
        }
    }

    LogSettings {
        rules = List.copyOf(rules);
    }

    /// Reads a filter.
    /// @throws UsageException when it is wrong
    static LogSettings of(String filter, String tag) {
        List<Rule> rules = new ArrayList<>();
        for (String part : filter.split(",", -1)) {
            int equals = part.lastIndexOf('=');
            String path = equals < 0 ? "" : part.substring(0, equals).replace("::", ".");
            rules.add(new Rule(path, parse(part.substring(equals + 1))));
        }
        rules.sort((one, other) -> Integer.compare(other.path().length(), one.path().length()));
        return new LogSettings(rules, tag);
    }

    private static int parse(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "off" -> OFF;
            case "error" -> Level.ERROR.toInt();
            case "warn" -> Level.WARN.toInt();
            case "info" -> Level.INFO.toInt();
            case "debug" -> Level.DEBUG.toInt();
            case "trace" -> Level.TRACE.toInt();
            default -> throw new UsageException(List.of(
                    "--log-level: '%s' is not one of off, error, warn, info, debug, trace".formatted(name)));
        };
    }

    /// The least severe level that a logger writes.
    int level(String logger) {
        for (Rule rule : rules) {
            if (rule.matches(logger)) {
                return rule.level();
            }
        }
        return OFF;
    }
}
