package testudo.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import testudo.core.option.KeyHelp;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.option.OptionDeclaration.Shape;

/// Makes help from declarations.
final class HelpText {
    private static final int COLUMN = 34;

    private HelpText() {}

    /// Help for the whole program.
    static String overview(List<Command> commands) {
        StringBuilder text = new StringBuilder("""
                Usage: testudo [global options] COMMAND …

                Testudo runs virtual machines.

                Commands:
                """);
        for (Command command : commands) {
            line(text, "  " + command.name(), command.summary());
        }
        text.append("\nGlobal options, in front of the command:\n");
        line(text, "  --extended-status", "exit status of run: 32 reset, 33 crash, 34 guest panic, 36 watchdog");
        line(text, "  --log-level FILTER", "LEVEL or PATH=LEVEL, comma-separated; off, error, warn, info, debug, trace");
        line(text, "  --syslog-tag TAG", "put in front of every log line");
        line(text, "  --no-syslog", "accepted; nothing is written to the system log");
        line(text, "  --plugin-dir DIR", "load plugins from here; repeatable (also $TESTUDO_PLUGINS)");
        text.append("\nMore: testudo help COMMAND\n");
        return text.toString();
    }

    /// Help for one command.
    static String of(Command command) {
        StringBuilder text = new StringBuilder("Usage: testudo ").append(command.name());
        boolean options = command.arguments().stream().anyMatch(option -> option.shape() != Shape.POSITIONAL);
        if (options) {
            text.append(" <options>");
        }
        for (OptionDeclaration<?> option : command.arguments()) {
            if (option.shape() == Shape.POSITIONAL) {
                text.append(' ').append(option.name()).append(option.repeatable() ? "…" : "");
            }
        }
        text.append("\n\n").append(Character.toUpperCase(command.summary().charAt(0)))
                .append(command.summary().substring(1)).append(".\n");
        groups(command).forEach((group, members) -> {
            text.append('\n').append(group).append(":\n");
            members.forEach(option -> option(text, option));
        });
        return text.toString();
    }

    private static Map<String, List<OptionDeclaration<?>>> groups(Command command) {
        Map<String, List<OptionDeclaration<?>>> groups = new LinkedHashMap<>();
        List<String> seen = new ArrayList<>();
        for (OptionDeclaration<?> option : command.arguments()) {
            if (!seen.contains(option.name())) {
                seen.add(option.name());
                String group = option.shape() == Shape.POSITIONAL ? "Arguments" : option.group();
                groups.computeIfAbsent(group, _ -> new ArrayList<>()).add(option);
            }
        }
        return groups;
    }

    private static void option(StringBuilder text, OptionDeclaration<?> option) {
        List<KeyHelp> keys = KeyHelp.of(option);
        String name = option.shape() == Shape.POSITIONAL
                ? option.name()
                : option.shortName().map(letter -> "-" + letter + ", ").orElse("    ") + "--" + option.name();
        String syntax = option.syntax().isEmpty() && !keys.isEmpty() ? "key=value,…" : option.syntax();
        String help = option.deprecated().map(instead -> option.help() + " (deprecated: use " + instead + ")").orElse(option.help());
        line(text, "  " + name + (syntax.isEmpty() ? "" : " " + syntax), help);
        // Old spellings have the keys of what replaces them.
        for (KeyHelp key : option.deprecated().isPresent() ? List.<KeyHelp>of() : keys) {
            String what = "          " + key.name() + "=" + key.value();
            line(text, what, key.help() + (key.required() ? " (required)" : key.fallback().isEmpty() ? "" : " [" + key.fallback() + "]"));
        }
    }

    private static void line(StringBuilder text, String left, String right) {
        text.append(left);
        if (left.length() > COLUMN - 2) {
            text.append('\n').append(" ".repeat(COLUMN));
        } else {
            text.append(" ".repeat(COLUMN - left.length()));
        }
        text.append(right).append('\n');
    }
}
