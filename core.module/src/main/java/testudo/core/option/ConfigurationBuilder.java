package testudo.core.option;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import testudo.core.option.Syntax.Form;
import testudo.core.option.Syntax.Group;
import testudo.core.option.Syntax.Word;
import testudo.spi.VmmException;
import testudo.spi.command.Json;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.option.OptionDeclaration.Shape;

/// Collects options from command-line text, JSON and API calls, and binds them to what was declared.
///
/// Problems are collected; [#build()] reports all of them. For one thread.
public final class ConfigurationBuilder {
    private final Map<String, OptionDeclaration<?>> declared = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private final List<Occurrence<?>> occurrences = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private final BiFunction<String, String, Optional<String>> unknownKeys;

    /// Starts with nothing given.
    /// @param declared every option that may be given; the same option may be declared by several providers, with the same type
    /// @throws IllegalStateException when two providers declare one name with different types
    public ConfigurationBuilder(List<? extends OptionDeclaration<?>> declared) {
        this(declared, (option, key) -> Optional.empty());
    }

    /// Starts with nothing given.
    /// @param declared every option that may be given
    /// @param unknownKeys what to say about a key that an option does not have, from the option's name and the key
    /// @throws IllegalStateException when two providers declare one name with different types
    public ConfigurationBuilder(
            List<? extends OptionDeclaration<?>> declared, BiFunction<String, String, Optional<String>> unknownKeys) {
        this.unknownKeys = unknownKeys;
        for (OptionDeclaration<?> option : declared) {
            OptionDeclaration<?> earlier = this.declared.putIfAbsent(option.name(), option);
            if (earlier != null && earlier.type() != option.type()) {
                throw new IllegalStateException("option %s is declared as %s and as %s".formatted(
                        option.name(), earlier.type().getName(), option.type().getName()));
            }
        }
    }

    /// Adds an option with its value as written on a command line.
    /// @param option its declaration
    /// @param text the value; `true` for a switch
    /// @return this
    public ConfigurationBuilder text(OptionDeclaration<?> option, String text) {
        String where = count(option, "");
        if (option.shape() == Shape.KEY_VALUES) {
            bind(option, where, () -> binder(option).record(option.type(), OptionReader.group(text)));
        } else {
            bind(option, where, () -> plain(option, new Word(text, Form.BARE, "at character 1")));
        }
        return this;
    }

    /// Adds an option with a value that is bound already.
    /// @param option its declaration
    /// @param value the value
    /// @param <T> its type
    /// @return this
    public <T> ConfigurationBuilder value(OptionDeclaration<T> option, T value) {
        add(option, value, count(option, ""));
        return this;
    }

    /// Adds everything a configuration file gives: an object whose keys are option names. A value is a JSON boolean for a switch,
    /// a number, string or boolean for a plain option, an object or a string in the `key=value` grammar for one with keys; an array
    /// of these for an option that may be repeated.
    /// @param source the file's name, for messages
    /// @param json the object, as [JsonText#read] makes it
    /// @return this
    public ConfigurationBuilder json(String source, Object json) {
        if (!(json instanceof Map<?, ?> object)) {
            problems.add("%s: the configuration is not a JSON object".formatted(source));
            return this;
        }
        object.forEach((key, value) -> member(source, String.valueOf(key), value));
        return this;
    }

    private void member(String source, String key, Object value) {
        OptionDeclaration<?> option = declared.get(key);
        if (option == null) {
            option = declared.values().stream()
                    .filter(each -> each.shape() == Shape.POSITIONAL && each.name().equalsIgnoreCase(key)).findFirst()
                    .orElse(null);
        }
        if (option == null) {
            problems.add("%s: unknown option \"%s\"%s".formatted(source, key, Spelling.hint(key, declared.keySet())));
            return;
        }
        // An array is several occurrences: no option's own value is an array at the top.
        if (value instanceof List<?> values && option.repeatable() && option.shape() != Shape.SWITCH) {
            for (int i = 0; i < values.size(); i++) {
                one(source, option, "%s[%d]".formatted(key, i), values.get(i));
            }
        } else {
            one(source, option, key, value);
        }
    }

    private void one(String source, OptionDeclaration<?> option, String path, Object value) {
        if (option.shape() == Shape.SWITCH && value.equals(false)) {
            return;
        }
        String where = count(option, source + ": " + path);
        bind(option, where, () -> {
            if (option.shape() != Shape.KEY_VALUES) {
                if (JsonSyntax.of(value, path) instanceof Word word) {
                    return plain(option, word);
                }
                throw new BindingFailure("a single value is needed, not an array or object");
            }
            if (value instanceof Map<?, ?>) {
                return binder(option).record(option.type(), (Group) JsonSyntax.of(value, path));
            }
            if (value instanceof String text) {
                return binder(option).record(option.type(), OptionReader.group(text));
            }
            throw new BindingFailure("an object or a string is needed, not %s".formatted(
                    value == Json.NULL ? "null" : value));
        });
    }

    private ValueBinder binder(OptionDeclaration<?> option) {
        return new ValueBinder(option.lookup(), key -> unknownKeys.apply(option.name(), key));
    }

    private static Object plain(OptionDeclaration<?> option, Word word) {
        return ValueBinder.scalar(option.type(), word, Long.MIN_VALUE, Long.MAX_VALUE);
    }

    private void bind(OptionDeclaration<?> option, String where, Supplier<Object> value) {
        try {
            add(option, value.get(), where);
        } catch (BindingFailure failure) {
            failure.problems().forEach(problem -> problems.add("%s: %s".formatted(where, problem)));
        }
    }

    private <T> void add(OptionDeclaration<T> option, Object value, String where) {
        T typed = option.type().cast(value);
        occurrences.add(new Occurrence<>(option, typed, occurrences.size(), where));
    }

    /// Counts an option and says where it was given.
    private String count(OptionDeclaration<?> option, String place) {
        if (!option.equals(declared.get(option.name()))) {
            throw new IllegalArgumentException("option %s is not declared".formatted(option.name()));
        }
        int count = counts.merge(option.name(), 1, Integer::sum);
        String name = option.shape() == Shape.POSITIONAL ? option.name() : "--" + option.name();
        if (count == 2 && !option.repeatable()) {
            problems.add("%s: may be given only once".formatted(name));
        }
        if (count == 1) {
            option.deprecated().ifPresent(instead -> warnings.add("%s is deprecated; use %s".formatted(name, instead)));
        }
        String numbered = option.repeatable() && option.shape() != Shape.SWITCH ? "%s #%d".formatted(name, count) : name;
        return place.isEmpty() ? numbered : place;
    }

    /// What is odd but accepted: deprecated options.
    /// @return sentences, may be empty
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /// Ends the collection.
    /// @return the options
    /// @throws VmmException.Config with every problem found
    public Configuration build() {
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return new BoundOptions(occurrences);
    }
}
