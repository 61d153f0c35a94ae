package testudo.spi.option;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// All options that the user gave, wherever they came from. Immutable.
public interface Configuration {
    /// Every occurrence of an option, in the order given.
    /// @param option its declaration
    /// @param <T> its type
    /// @return occurrences, may be empty
    <T> List<Occurrence<T>> all(OptionDeclaration<T> option);

    /// The value of an option that is given at most once.
    /// @param option its declaration
    /// @param <T> its type
    /// @return the value, if given
    default <T> Optional<T> value(OptionDeclaration<T> option) {
        return all(option).stream().map(Occurrence::value).reduce((first, last) -> last);
    }

    /// Whether a switch is on.
    /// @param option its declaration
    /// @return true when it was given
    default boolean isSet(OptionDeclaration<Boolean> option) {
        return value(option).orElse(false);
    }

    /// Every occurrence of several options of one type, in the order given.
    /// @param options their declarations
    /// @param <T> their type
    /// @return occurrences, may be empty
    default <T> List<Occurrence<T>> all(List<OptionDeclaration<T>> options) {
        List<Occurrence<T>> found = new ArrayList<>();
        options.forEach(option -> found.addAll(all(option)));
        found.sort(Comparator.comparingInt(Occurrence::position));
        return found;
    }
}
