package testudo.spi.command;

import java.util.List;
import java.util.function.Function;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// A command of the command line that is answered by a device of a running machine.
///
/// JSON values are `Map<String, Object>`, `List<Object>`, [String], [Long], [Double], [Boolean] and [Json#NULL].
/// @param words the command: `[balloon]`, `[disk, resize]`
/// @param arguments its options and arguments; the socket path is not among them, it comes last (after an argument, before `--wait`)
/// @param summary one line for help
/// @param request makes the request of the arguments: a tag with its body, such as `{"BalloonCommand": {…}}`
/// @param print what to print on standard output for a response that is not an error; empty prints nothing
public record CommandDeclaration(
        List<String> words,
        List<OptionDeclaration<?>> arguments,
        String summary,
        Function<Configuration, Object> request,
        Function<Object, String> print) {
    /// Copies the lists.
    public CommandDeclaration {
        words = List.copyOf(words);
        arguments = List.copyOf(arguments);
    }
}
