package testudo.spi.option;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.Optional;

/// A command-line option or a configuration file key.
/// @param name long name without dashes, kebab-case: `block`; for an argument without dashes its name in help: `KERNEL`
/// @param shortName one letter, or empty
/// @param shape how its value is written
/// @param type what its value is bound to: [Boolean], [Long], [String], [Path], an enum, or a record whose components have [Key]
/// @param lookup gives the binder access to the record
/// @param repeatable whether it may be given more than once
/// @param syntax the value in help: `PATH[,key=value…]`; empty for a switch
/// @param help what it does: a phrase; units and default
/// @param group heading in help
/// @param deprecated what to use instead, for options kept for old command lines
/// @param <T> the bound type
public record OptionDeclaration<T>(
        String name,
        Optional<Character> shortName,
        Shape shape,
        Class<T> type,
        MethodHandles.Lookup lookup,
        boolean repeatable,
        String syntax,
        String help,
        String group,
        Optional<String> deprecated) {
    /// How a value is written.
    public enum Shape {
        /// No value: given or not.
        SWITCH,
        /// One plain value.
        VALUE,
        /// `key=value,…` bound to a record.
        KEY_VALUES,
        /// An argument without a name.
        POSITIONAL
    }

    /// Declares a switch.
    /// @param name long name
    /// @param group heading in help
    /// @param help what it does
    /// @return the declaration
    public static OptionDeclaration<Boolean> flag(String name, String group, String help) {
        return new OptionDeclaration<>(
                name, Optional.empty(), Shape.SWITCH, Boolean.class, MethodHandles.publicLookup(), true, "", help, group,
                Optional.empty());
    }

    /// Declares an option with a plain value, which may be given once.
    /// @param name long name
    /// @param type [Boolean], [Long], [String], [Path] or a public enum
    /// @param syntax the value in help
    /// @param group heading in help
    /// @param help what it does
    /// @param <T> the type
    /// @return the declaration
    public static <T> OptionDeclaration<T> value(
            String name, Class<T> type, String syntax, String group, String help) {
        return new OptionDeclaration<>(
                name, Optional.empty(), Shape.VALUE, type, MethodHandles.publicLookup(), false, syntax, help, group,
                Optional.empty());
    }

    /// Declares an option whose value is `key=value,…`, which may be given more than once.
    /// @param name long name
    /// @param type a record whose components have [Key]
    /// @param lookup with access to the record: [MethodHandles#lookup()]
    /// @param group heading in help
    /// @param help what it does
    /// @param <T> the record
    /// @return the declaration
    public static <T extends Record> OptionDeclaration<T> keyValues(
            String name, Class<T> type, MethodHandles.Lookup lookup, String group, String help) {
        return new OptionDeclaration<>(
                name, Optional.empty(), Shape.KEY_VALUES, type, lookup, true, "", help, group, Optional.empty());
    }

    /// Declares an argument without a name.
    /// @param name its name in help, capitals
    /// @param type [String], [Long] or [Path]
    /// @param help what it is
    /// @param <T> the type
    /// @return the declaration
    public static <T> OptionDeclaration<T> argument(String name, Class<T> type, String help) {
        return new OptionDeclaration<>(
                name, Optional.empty(), Shape.POSITIONAL, type, MethodHandles.publicLookup(), false, "", help, "",
                Optional.empty());
    }

    /// The same with a one-letter name.
    /// @param letter the letter
    /// @return a copy
    public OptionDeclaration<T> withShortName(char letter) {
        return new OptionDeclaration<>(
                name, Optional.of(letter), shape, type, lookup, repeatable, syntax, help, group, deprecated);
    }

    /// The same, allowed several times or once.
    /// @param several whether it may be repeated
    /// @return a copy
    public OptionDeclaration<T> repeated(boolean several) {
        return new OptionDeclaration<>(
                name, shortName, shape, type, lookup, several, syntax, help, group, deprecated);
    }

    /// The same with other text for the value in help.
    /// @param text the value in help
    /// @return a copy
    public OptionDeclaration<T> withSyntax(String text) {
        return new OptionDeclaration<>(
                name, shortName, shape, type, lookup, repeatable, text, help, group, deprecated);
    }

    /// The same, marked as kept for old command lines.
    /// @param instead what to use
    /// @return a copy
    public OptionDeclaration<T> deprecatedFor(String instead) {
        return new OptionDeclaration<>(
                name, shortName, shape, type, lookup, repeatable, syntax, help, group, Optional.of(instead));
    }

    /// Two declarations are the same option when their names are.
    @Override
    public boolean equals(Object other) {
        return other instanceof OptionDeclaration<?> declaration && declaration.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

}
