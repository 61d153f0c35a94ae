package testudo.cli;

import java.util.List;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// A command: words, what may follow them, and what is done.
/// @param words such as `[disk, resize]`
/// @param arguments options and arguments without a name
/// @param needsArguments whether every argument without a name must be given
/// @param summary one line for help
/// @param action does it
record Command(
        List<String> words, List<OptionDeclaration<?>> arguments, boolean needsArguments, String summary, Action action) {
    Command {
        words = List.copyOf(words);
        arguments = List.copyOf(arguments);
    }

    String name() {
        return String.join(" ", words);
    }

    /// Does what a command says.
    @FunctionalInterface
    interface Action {
        /// Runs it.
        /// @return the exit status
        int run(Configuration arguments);
    }
}
