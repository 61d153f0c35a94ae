package testudo.spi.command;

import java.io.PrintStream;
import java.util.List;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Commands of the command line that need no running machine, such as `plugin list`. Found by [java.util.ServiceLoader].
public interface ToolProvider {
    /// The commands.
    /// @return declarations, not empty
    List<Tool> tools();

    /// A command.
    /// @param words the command: `[plugin, list]`
    /// @param arguments its options and arguments
    /// @param summary one line for help
    /// @param action does it
    record Tool(List<String> words, List<OptionDeclaration<?>> arguments, String summary, Action action) {
        /// Copies the lists.
        public Tool {
            words = List.copyOf(words);
            arguments = List.copyOf(arguments);
        }
    }

    /// Does what a command says.
    @FunctionalInterface
    interface Action {
        /// Runs the command.
        /// @param arguments its bound options and arguments
        /// @param out standard output
        /// @return the exit status, 0 for success
        /// @throws testudo.spi.VmmException printed as an error, status 1
        int run(Configuration arguments, PrintStream out);
    }
}
