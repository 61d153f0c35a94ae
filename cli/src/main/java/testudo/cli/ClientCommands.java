package testudo.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import testudo.core.option.JsonText;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Commands that send one request to a running machine.
final class ClientCommands {
    private static final OptionDeclaration<Path> SOCKET = OptionDeclaration.argument("VM_SOCKET", Path.class,
            "the machine's control socket (run --socket)");

    private final Core core;
    private final PrintStream out;
    private final PrintStream err;

    /// Makes the commands.
    /// @param core sends requests
    /// @param out standard output
    /// @param err standard error
    ClientCommands(Core core, PrintStream out, PrintStream err) {
        this.core = core;
        this.out = out;
        this.err = err;
    }

    List<Command> all() {
        List<Command> commands = new ArrayList<>();
        commands.add(command(new CommandDeclaration(
                List.of("stop"), List.of(), "end a running machine", _ -> "Exit", _ -> "")));
        core.commands().forEach(declaration -> commands.add(command(declaration)));
        return commands;
    }

    private Command command(CommandDeclaration declaration) {
        List<OptionDeclaration<?>> arguments = new ArrayList<>(declaration.arguments());
        arguments.add(SOCKET);
        return new Command(
                declaration.words(), arguments, true, declaration.summary(), given -> send(declaration, given));
    }

    private int send(CommandDeclaration declaration, Configuration given) {
        Path socket = given.value(SOCKET).orElseThrow();
        Object response = core.send(socket, declaration.request().apply(given));
        boolean refused = response instanceof Map<?, ?> object
                && (object.containsKey("Err") || object.containsKey("ErrString"));
        if (refused) {
            err.println("testudo: unexpected response: " + JsonText.write(response));
            return CommandLine.FAILURE;
        }
        String text = declaration.print().apply(response);
        if (!text.isEmpty()) {
            out.println(text);
        }
        return CommandLine.SUCCESS;
    }
}
