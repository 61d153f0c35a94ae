package testudo.cli;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import testudo.spi.plugin.PluginSource;

/// The program.
public final class Main {
    private Main() {}

    /// Runs a command line and ends the process with its status.
    /// @param arguments the command line
    public static void main(String[] arguments) {
        System.exit(new CommandLine(Main::find, System.out, System.err).execute(List.of(arguments)));
    }

    /// Finds what is installed: in the runtime image, and in plugin directories when something is there that loads plugins.
    private static Core find(List<Path> directories) {
        Optional<PluginSource> source = ServiceLoader.load(PluginSource.class).findFirst();
        if (source.isEmpty()) {
            if (!directories.isEmpty()) {
                throw new UsageException(List.of("--plugin-dir: this image has no plugin loader"));
            }
            return new InstalledCore(List.of());
        }
        PluginSource.Loaded loaded = source.get().load(searched(directories, source.get()));
        loaded.problems().forEach(problem -> System.err.println("testudo: " + problem));
        return new InstalledCore(loaded.layers());
    }

    private static List<Path> searched(List<Path> named, PluginSource source) {
        List<Path> directories = new ArrayList<>(named);
        String environment = System.getenv("TESTUDO_PLUGINS");
        if (environment != null && !environment.isEmpty()) {
            Arrays.stream(environment.split(Pattern.quote(File.pathSeparator), -1)).filter(name -> !name.isEmpty())
                    .forEach(name -> directories.add(Path.of(name)));
        }
        return directories.isEmpty() ? source.defaultDirectories() : directories;
    }
}
