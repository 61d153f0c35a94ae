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

    /// The commands, for a provider of which some end in another command of this program, such as `run`.
    /// @param commands runs other commands
    /// @return declarations; by default [#tools()]
    default List<Tool> tools(Commands commands) {
        return tools();
    }

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

    /// Runs commands of this program inside this process.
    @FunctionalInterface
    interface Commands {
        /// Runs a command line. Messages go to standard error as if the user had typed it.
        /// @param arguments such as `[run, --cpus, 2, KERNEL]`, with global options in front
        /// @return its exit status; that of `run` says how the machine ended
        /// @throws testudo.spi.VmmException when a machine can't be made or an argument is wrong
        int run(List<String> arguments);
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
