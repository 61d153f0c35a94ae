package testudo.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import testudo.core.machine.RunResult;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.command.CommandDeclaration;
import testudo.spi.command.ToolProvider.Commands;
import testudo.spi.command.ToolProvider.Tool;
import testudo.spi.device.StandaloneDevice;
import testudo.spi.option.Configuration;
import testudo.spi.option.Key;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// A core with a few options and commands, which remembers what it was asked and runs nothing.
final class FakeCore implements Core {
    record Disk(
            @Key(help = "image") Path path, @Key(fallback = "false", help = "read-only") boolean ro) {}

    static final OptionDeclaration<Path> PLUGIN_DIR = OptionDeclaration.value("plugin-dir", Path.class, "DIR", "Plugins",
            "plugin directory").repeated(true);
    static final OptionDeclaration<Disk> BLOCK = OptionDeclaration.keyValues(
            "block", Disk.class, MethodHandles.lookup(), "Disks", "add a disk")
            .withShortName('b').withSyntax("PATH[,key=value…]");
    static final OptionDeclaration<Long> MEM = OptionDeclaration.value("mem", Long.class, "MIB", "Machine", "guest memory").withShortName(
            'm');
    static final OptionDeclaration<Boolean> NO_RNG = OptionDeclaration.flag("no-rng", "Devices", "leave it out");
    static final OptionDeclaration<Path> KERNEL = OptionDeclaration.argument("KERNEL", Path.class, "kernel image");
    static final OptionDeclaration<Path> RWDISK = OptionDeclaration.value("rwdisk", Path.class, "PATH", "Disks", "writable disk")
            .deprecatedFor("--block");
    static final OptionDeclaration<Long> SIZE = OptionDeclaration.argument("SIZE", Long.class, "bytes");
    static final OptionDeclaration<Boolean> WAIT = OptionDeclaration.flag("wait", "Options", "wait for it");

    final List<Configuration> ran = new ArrayList<>();
    final List<String> sent = new ArrayList<>();
    RunResult result = RunResult.EXIT;
    VmmException failure;
    Object response = "Ok";
    boolean terminal;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    int execute(String... arguments) {
        return new CommandLine(
                _ -> this, new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8))
                .execute(List.of(arguments));
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(KERNEL, MEM, BLOCK, NO_RNG, RWDISK);
    }

    @Override
    public List<CommandDeclaration> commands() {
        return List.of(
                new CommandDeclaration(List.of("balloon"), List.of(SIZE, WAIT), "set the balloon's size",
                        given -> Map.of("BalloonCommand", Map.of("size", given.value(SIZE).orElseThrow())), _ -> ""),
                new CommandDeclaration(List.of("balloon_stats"), List.of(), "print statistics", _ -> "Stats", JsonText::write),
                new CommandDeclaration(List.of("disk", "resize"), List.of(SIZE), "resize a disk", _ -> "Resize", _ -> ""));
    }

    @Override
    public List<Tool> tools(Commands commands) {
        return List.of(new Tool(List.of("plugin", "list"), List.of(PLUGIN_DIR), "list plugins", (given, to) -> {
            List<Path> directories = given.all(PLUGIN_DIR).stream().map(Occurrence::value).toList();
            to.println(directories.isEmpty() ? "none" : directories.toString());
            return 3;
        }), new Tool(List.of("twice"), List.of(), "run another command two times",
                (_, _) -> commands.run(List.of("run", "--mem", "1", "k")) + commands.run(List.of("run", "--mem", "2", "k"))));
    }

    @Override
    public List<StandaloneDevice> standaloneDevices() {
        return List.of(new StandaloneDevice("echo", List.of(BLOCK), "an echo device", given -> {
            throw new IllegalStateException("made before it is served");
        }));
    }

    @Override
    public List<OptionDeclaration<?>> options(StandaloneDevice device) {
        return device.options();
    }

    @Override
    public RunResult serve(StandaloneDevice device, Configuration configuration) {
        return run(configuration);
    }

    @Override
    public List<Section> inventory() {
        return List.of(
                new Section("Hypervisors", List.of(new Line("kvm", "not usable: /dev/kvm: EACCES; add the user to group kvm"))),
                new Section("Devices", List.of()));
    }

    @Override
    public Object dump(Configuration configuration) {
        return Map.of("vcpus", 1L);
    }

    @Override
    public RunResult run(Configuration configuration) {
        ran.add(configuration);
        if (failure != null) {
            throw failure;
        }
        return result;
    }

    @Override
    public Object send(Path socket, Object request) {
        sent.add(socket + " " + JsonText.write(request));
        return response;
    }

    @Override
    public boolean inputIsTerminal() {
        return terminal;
    }
}
