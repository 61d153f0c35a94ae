package testudo.cli;

import java.nio.file.Path;
import java.util.List;
import testudo.core.machine.RunResult;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.command.ToolProvider.Commands;
import testudo.spi.command.ToolProvider.Tool;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// What the command line needs of the core and of what is installed.
interface Core {
    /// Options of `run`: the core's and those of all providers.
    List<OptionDeclaration<?>> options();

    /// Commands that devices of a running machine answer.
    List<CommandDeclaration> commands();

    /// Commands that need no machine.
    /// @param commands runs other commands for them
    List<Tool> tools(Commands commands);

    /// Devices that can be run by themselves.
    List<StandaloneDevice> standaloneDevices();

    /// The options of one of them.
    List<OptionDeclaration<?>> options(StandaloneDevice device);

    /// Runs one of them until its front-end has gone.
    RunResult serve(StandaloneDevice device, Configuration configuration);

    /// What is installed, by kind.
    List<Section> inventory();

    /// Checks everything and says what would be made.
    /// @return a JSON value
    Object dump(Configuration configuration);

    /// Makes a machine and runs it to its end.
    RunResult run(Configuration configuration);

    /// Sends a request to a running machine.
    /// @return its answer, a JSON value
    Object send(Path socket, Object request);

    /// Whether keys typed reach this process.
    boolean inputIsTerminal();

    /// Things of one kind.
    /// @param title heading
    /// @param lines one a thing
    record Section(String title, List<Line> lines) {}

    /// One thing that is installed.
    /// @param id its name
    /// @param state what it is, or what is missing and how to fix it
    record Line(String id, String state) {}
}
