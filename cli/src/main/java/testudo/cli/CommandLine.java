package testudo.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import testudo.core.machine.RunResult;
import testudo.core.option.Spelling;
import testudo.spi.VmmException;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.option.Configuration;

/// Runs one command line.
final class CommandLine {
    static final int SUCCESS = 0;
    static final int FAILURE = 1;
    /// crosvm's status for arguments that are wrong, with and without `--extended-status`.
    static final int INVALID_ARGUMENTS = 35;

    private final Function<List<Path>, Core> finder;
    private final PrintStream out;
    private final PrintStream err;
    private final CrosvmNames crosvm = new CrosvmNames();

    /// Makes it.
    /// @param finder finds what is installed, given the plugin directories that the user named; not called by `version`
    /// @param out standard output
    /// @param err standard error
    CommandLine(Function<List<Path>, Core> finder, PrintStream out, PrintStream err) {
        this.finder = finder;
        this.out = out;
        this.err = err;
    }

    /// Runs it.
    /// @param raw the arguments as the operating system gave them
    /// @return the exit status
    int execute(List<String> raw) {
        try {
            Argv argv = Argv.of(raw);
            argv.warnings().forEach(this::complain);
            GlobalOptions global = GlobalOptions.of(argv.arguments());
            StderrLogging.apply(global.log());
            if (global.rest().equals(List.of("version"))) {
                out.println("testudo " + Version.text());
                return SUCCESS;
            }
            return dispatch(global);
        } catch (UsageException e) {
            e.problems().forEach(this::complain);
            return INVALID_ARGUMENTS;
        } catch (VmmException.Config e) {
            e.problems().forEach(this::complain);
            return FAILURE;
        } catch (VmmException.Host e) {
            complain(String.valueOf(e.getMessage()));
            return FAILURE;
        }
    }

    /// Plugin directories may be named before the command; those that look after plugins take them as their own option.
    private static List<String> withDirectories(Command command, GlobalOptions global, List<String> arguments) {
        if (command.arguments().stream().noneMatch(option -> option.name().equals("plugin-dir"))) {
            return arguments;
        }
        List<String> all = new ArrayList<>();
        global.pluginDirectories().forEach(directory -> all.addAll(List.of("--plugin-dir", directory.toString())));
        all.addAll(arguments);
        return all;
    }

    private int dispatch(GlobalOptions global) {
        return dispatch(finder.apply(global.pluginDirectories()), global);
    }

    private int dispatch(Core core, GlobalOptions global) {
        List<Command> commands = commands(core, global);
        List<String> words = global.rest();
        if (words.isEmpty() && !global.help()) {
            err.print(HelpText.overview(commands));
            return INVALID_ARGUMENTS;
        }
        boolean help = global.help() || words.getFirst().equals("help");
        if (help) {
            return help(commands, global.help() ? words : words.subList(1, words.size()));
        }
        Command command = find(commands, words);
        List<String> arguments = words.subList(command.words().size(), words.size());
        if (arguments.contains("--help")) {
            out.print(HelpText.of(command));
            return SUCCESS;
        }
        ArgumentParser.Parsed parsed = new ArgumentParser(command, crosvm).parse(withDirectories(command, global, arguments));
        parsed.warnings().forEach(this::complain);
        return command.action().run(parsed.configuration());
    }

    private List<Command> commands(Core core, GlobalOptions global) {
        List<Command> commands = new ArrayList<>();
        commands.add(new RunCommand(core, out, err, global.extendedStatus()).command());
        commands.add(new Command(
                List.of("devices"), List.of(), true, "list what is installed and whether it can be used", _ -> devices(core)));
        commands.add(new Command(List.of("version"), List.of(), true, "print the version", _ -> SUCCESS));
        core.standaloneDevices().forEach(device -> commands.add(new Command(
                List.of("device", device.word()), core.options(device), false, device.summary(), given -> serve(core, device, given))));
        commands.addAll(new ClientCommands(core, out, err).all());
        core.tools(arguments -> within(core, arguments)).forEach(tool -> commands.add(new Command(
                tool.words(), tool.arguments(), false, tool.summary(), arguments -> tool.action().run(arguments, out))));
        commands.sort((one, other) -> one.name().compareTo(other.name()));
        return commands;
    }

    private static int serve(Core core, StandaloneDevice device, Configuration given) {
        return core.serve(device, given) == RunResult.EXIT ? SUCCESS : FAILURE;
    }

    /// Runs a command for another one: with what is installed already, and with the exit status in full.
    private int within(Core core, List<String> arguments) {
        GlobalOptions global = GlobalOptions.of(Argv.of(arguments).arguments());
        StderrLogging.apply(global.log());
        return dispatch(core, new GlobalOptions(true, global.log(), global.pluginDirectories(), global.help(), global.rest()));
    }

    private int devices(Core core) {
        for (Core.Section section : core.inventory()) {
            out.println(section.title() + ":");
            int width = section.lines().stream().mapToInt(line -> line.id().length()).max().orElse(0);
            section.lines().forEach(line -> out.println("  " + line.id() + " ".repeat(width - line.id().length() + 2) + line.state()));
            if (section.lines().isEmpty()) {
                out.println("  none installed");
            }
        }
        return SUCCESS;
    }

    private int help(List<Command> commands, List<String> words) {
        out.print(words.isEmpty() ? HelpText.overview(commands) : HelpText.of(find(commands, words)));
        return SUCCESS;
    }

    /// The command that the words begin with; of two, the one with more words.
    private Command find(List<Command> commands, List<String> words) {
        Optional<Command> found = commands.stream()
                .filter(command -> command.words().size() <= words.size()
                        && words.subList(0, command.words().size()).equals(command.words()))
                .max(Comparator.comparingInt(command -> command.words().size()));
        if (found.isPresent()) {
            return found.get();
        }
        String first = words.getFirst();
        String two = words.size() > 1 ? first + " " + words.get(1) : first;
        Optional<String> missing = crosvm.missingCommand(two).or(() -> crosvm.missingCommand(first));
        List<String> below = commands.stream().map(Command::name).filter(name -> name.startsWith(first + " ")).toList();
        if (!below.isEmpty()) {
            throw new UsageException(List.of("%s: one of these must follow: %s".formatted(first, below)));
        }
        throw new UsageException(List.of(missing.orElseGet(() -> "%s: unknown command%s; see testudo --help".formatted(
                first, Spelling.hint(two, commands.stream().map(Command::name).toList())))));
    }

    private void complain(String problem) {
        err.println("testudo: " + problem);
    }
}
