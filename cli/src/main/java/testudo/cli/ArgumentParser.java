package testudo.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.core.option.ConfigurationBuilder;
import testudo.core.option.JsonText;
import testudo.core.option.Spelling;
import testudo.spi.VmmException;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.option.OptionDeclaration.Shape;

/// Assigns a command's arguments to its declarations. Options and arguments without a name may be mixed; after `--` there are no options.
final class ArgumentParser {
    private final Command command;
    private final CrosvmNames crosvm;
    private final Map<String, OptionDeclaration<?>> named = new HashMap<>();
    private final List<OptionDeclaration<?>> unnamed = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    /// Makes a parser for one command.
    /// @param command what is declared
    /// @param crosvm names that crosvm has
    ArgumentParser(Command command, CrosvmNames crosvm) {
        this.command = command;
        this.crosvm = crosvm;
        for (OptionDeclaration<?> option : command.arguments()) {
            if (option.shape() == Shape.POSITIONAL) {
                unnamed.add(option);
            } else {
                named.putIfAbsent("--" + option.name(), option);
                option.shortName().ifPresent(letter -> named.putIfAbsent("-" + letter, option));
            }
        }
    }

    /// The bound arguments, and sentences about deprecated ones.
    /// @param configuration what was given
    /// @param warnings may be empty
    record Parsed(Configuration configuration, List<String> warnings) {}

    /// Parses.
    /// @param arguments what follows the command's words
    /// @throws UsageException with every problem found
    Parsed parse(List<String> arguments) {
        ConfigurationBuilder builder = new ConfigurationBuilder(command.arguments(), (option, key) -> crosvm.missingKey(command.name(),
                option, key));
        int values = 0;
        boolean options = true;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (options && argument.equals("--")) {
                options = false;
            } else if (!options || argument.equals("-") || !argument.startsWith("-")) {
                values = value(builder, argument, values);
            } else {
                OptionDeclaration<?> option = named.get(argument);
                if (option == null) {
                    problems.add(unknown(argument));
                    // What follows is most likely its value.
                    i += i + 1 < arguments.size() && !arguments.get(i + 1).startsWith("-") ? 1 : 0;
                } else if (option.shape() == Shape.SWITCH) {
                    builder.text(option, "true");
                } else if (i + 1 == arguments.size()) {
                    problems.add("%s: a value is missing: %s %s".formatted(argument, argument, option.syntax()));
                } else {
                    i++;
                    builder.text(option, arguments.get(i));
                    if (option.equals(RunCommand.CONFIGURATION_FILE)) {
                        file(builder, arguments.get(i));
                    }
                }
            }
        }
        for (int i = values; command.needsArguments() && i < unnamed.size(); i++) {
            problems.add("%s: the argument %s is missing; see testudo help %s"
                    .formatted(command.name(), unnamed.get(i).name(), command.name()));
        }
        return finish(builder);
    }

    private int value(ConfigurationBuilder builder, String argument, int values) {
        if (values < unnamed.size()) {
            OptionDeclaration<?> option = unnamed.get(values);
            builder.text(option, argument);
            return option.repeatable() ? values : values + 1;
        }
        problems.add("%s: unexpected argument '%s'".formatted(command.name(), argument));
        return values;
    }

    /// Adds what a configuration file gives.
    private void file(ConfigurationBuilder builder, String name) {
        try {
            Path path = Path.of(name);
            if (Files.size(path) > 4L * JsonText.MAX_CHARACTERS) {
                problems.add("--cfg %s: the file is larger than %d bytes".formatted(name, 4L * JsonText.MAX_CHARACTERS));
                return;
            }
            builder.json(name, JsonText.read(Files.readString(path)));
        } catch (IOException | InvalidPathException e) {
            problems.add("--cfg %s: the file can't be read: %s".formatted(name, reason(e)));
        } catch (VmmException.Config e) {
            e.problems().forEach(problem -> problems.add("--cfg %s: %s".formatted(name, problem)));
        }
    }

    private static String reason(Exception failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "no such file";
            case AccessDeniedException _ -> "permission denied";
            case CharacterCodingException _ -> "it is not text in UTF-8";
            default -> String.valueOf(failure.getMessage());
        };
    }

    private String unknown(String argument) {
        Optional<String> missing = crosvm.missingOption(command.name(), argument);
        return missing.orElseGet(() -> "%s: unknown option of %s%s; see testudo help %s".formatted(
                argument, command.name(), Spelling.hint(argument, named.keySet()), command.name()));
    }

    private Parsed finish(ConfigurationBuilder builder) {
        try {
            Configuration configuration = builder.build();
            if (problems.isEmpty()) {
                return new Parsed(configuration, builder.warnings());
            }
        } catch (VmmException.Config e) {
            problems.addAll(e.problems());
        }
        throw new UsageException(problems);
    }
}
