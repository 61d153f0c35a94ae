package testudo.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/// Every command, option and key of crosvm, so that one that Testudo lacks is refused by name and never taken for a typing mistake.
final class CrosvmNames {
    private static final String MISSING = "not in this version of Testudo; see docs/crosvm-compatibility.md";

    private final Set<String> commands = new LinkedHashSet<>();
    private final Set<String> options = new LinkedHashSet<>();

    /// Reads the list that is part of this module.
    CrosvmNames() {
        try (InputStream in = CrosvmNames.class.getResourceAsStream("crosvm-names.txt")) {
            if (in == null) {
                throw new IllegalStateException("crosvm-names.txt is not in the module");
            }
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines()
                    .forEach(line -> (line.indexOf('\t') < 0 ? commands : options).add(line));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Commands: `disk resize`.
    Set<String> commands() {
        return commands;
    }

    /// Options with their command in front, after a tab: `run --block`, `run --block.ro`.
    Set<String> options() {
        return options;
    }

    /// What to say about an option that a command does not declare.
    Optional<String> missingOption(String command, String option) {
        return options.contains(command + "\t" + option) ? Optional.of(option + ": " + MISSING) : Optional.empty();
    }

    /// What to say about a key that an option does not declare.
    Optional<String> missingKey(String command, String option, String key) {
        return options.contains("%s\t--%s.%s".formatted(command, option, key)) ? Optional.of(MISSING) : Optional.empty();
    }

    /// What to say about a command that does not exist.
    Optional<String> missingCommand(String words) {
        return commands.contains(words) ? Optional.of(words + ": " + MISSING) : Optional.empty();
    }
}
