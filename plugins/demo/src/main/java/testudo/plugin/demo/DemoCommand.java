package testudo.plugin.demo;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import testudo.plugin.demo.GuestCache.Guest;
import testudo.spi.VmmException;
import testudo.spi.command.ToolProvider;
import testudo.spi.option.Configuration;

/// `testudo demo`.
public final class DemoCommand implements ToolProvider {
    /// For [java.util.ServiceLoader].
    public DemoCommand() {}

    /// Nothing: the command needs one to run machines.
    @Override
    public List<Tool> tools() {
        return List.of();
    }

    @Override
    public List<Tool> tools(Commands commands) {
        return List.of(new Tool(List.of("demo"), DemoOptions.ALL, "boot a stock Linux to a shell; fetches it first where that is needed",
                (given, _) -> run(DemoOptions.of(given), commands)));
    }

    private static int run(DemoOptions options, Commands commands) {
        PrintStream err = System.err;
        Map<String, String> environment = System.getenv();
        Console console = System.console();
        boolean interactive = console != null && console.isTerminal();
        Progress progress = new Progress(err, writesToTerminal(), Progress.PATIENCE);
        Guest guest = guest(options, new GuestCache(GuestCache.standard(environment, System.getProperty("user.home", "/")),
                new HostPrograms(environment.getOrDefault("PATH", "/usr/bin:/bin")), progress));
        try {
            Path folder = Files.createTempDirectory("testudo-demo");
            try {
                Machine.Terminal terminal = new Machine.Terminal(interactive, environment.getOrDefault("TERM", "dumb"));
                return new Machine(options, folder, terminal, progress, err).run(guest, commands);
            } finally {
                GuestCache.delete(folder);
            }
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO, "demo: " + e, e);
        }
    }

    private static Guest guest(DemoOptions options, GuestCache cache) {
        GuestArchitecture architecture = GuestArchitecture.of(options.hypervisor(), System.getProperty("os.arch", ""));
        if (options.kernel().isPresent() && options.initramfs().isPresent()) {
            return new Guest(options.kernel().get(), options.initramfs().get());
        }
        Guest made = cache.guest(architecture, options.refresh());
        return new Guest(options.kernel().orElse(made.kernel()), made.initramfs());
    }

    /// Whether standard error is a terminal; only asked for how progress looks.
    private static boolean writesToTerminal() {
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException unknown) {
            return false;
        }
    }
}
