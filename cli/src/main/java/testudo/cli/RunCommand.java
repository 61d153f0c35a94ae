package testudo.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.machine.RunResult;
import testudo.core.option.JsonText;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// `testudo run`.
final class RunCommand {
    /// A file of options.
    static final OptionDeclaration<Path> CONFIGURATION_FILE = OptionDeclaration.value(
            "cfg", Path.class, "FILE", "Command", "read options from a JSON file; repeatable, adds to the others")
            .repeated(true);
    private static final OptionDeclaration<Boolean> DRY_RUN = OptionDeclaration.flag("dry-run", "Command",
            "check everything and say what would run");
    private static final OptionDeclaration<Boolean> DUMP = OptionDeclaration.flag("dump-machine", "Command",
            "print the machine as JSON instead of running it");
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    private final Core core;
    private final PrintStream out;
    private final PrintStream err;
    private final boolean extendedStatus;

    /// Makes the command.
    /// @param core what runs machines
    /// @param out standard output
    /// @param err standard error
    /// @param extendedStatus whether the exit status says how the machine ended
    RunCommand(Core core, PrintStream out, PrintStream err, boolean extendedStatus) {
        this.core = core;
        this.out = out;
        this.err = err;
        this.extendedStatus = extendedStatus;
    }

    Command command() {
        List<OptionDeclaration<?>> options = new ArrayList<>(core.options());
        options.addAll(List.of(CONFIGURATION_FILE, DRY_RUN, DUMP));
        return new Command(List.of("run"), options, false, "start a virtual machine", this::run);
    }

    private int run(Configuration configuration) {
        if (configuration.isSet(DUMP) || configuration.isSet(DRY_RUN)) {
            Object plan = core.dump(configuration);
            out.println(configuration.isSet(DUMP) ? JsonText.writePretty(plan) : "The machine is all right: " + JsonText.write(plan));
            return CommandLine.SUCCESS;
        }
        if (core.inputIsTerminal()) {
            err.println("testudo: Ctrl-A x ends the machine");
        }
        RunResult result = core.run(configuration);
        LOG.info("exiting with {}", result.phrase());
        return extendedStatus ? result.status() : CommandLine.SUCCESS;
    }
}
