package testudo.testing.jail;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.confine.LinuxSystemCallFilter;
import testudo.platform.linux.confine.MemoryFile;
import testudo.plugin.jail.bubblewrap.BubblewrapJails;
import testudo.plugin.jail.minijail.MinijailJails;
import testudo.plugin.jail.unshare.UnshareJails;
import testudo.spi.Availability;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;
import testudo.spi.host.ProcessRequest.PassedHandle;
import testudo.spi.jail.FileGrant;
import testudo.spi.jail.JailProvider;
import testudo.spi.jail.JailRequest;

/// What stands for the main process: starts a Java class in a jail, as whoever runs this, and ends as it ends.
public final class JailRunner {
    private JailRunner() {}

    /// The kinds of jail.
    static JailProvider provider(String id) {
        return Stream.of(new UnshareJails(), new BubblewrapJails(), new MinijailJails())
                .filter(candidate -> candidate.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    /// Runs.
    /// @param arguments the kind of jail, the class, its arguments; instead of a class, `probe`
    public static void main(String[] arguments) {
        JailProvider provider = provider(arguments[0]);
        if (arguments[1].equals("probe")) {
            Availability availability = provider.probe();
            System.out.println(availability);
            System.exit(availability instanceof Availability.Ready ? 0 : 1);
        }
        List<FileGrant> files = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(Path::of)
                .filter(Files::exists)
                .map(path -> new FileGrant(path.toAbsolutePath(), FileGrant.Access.READ))
                .toList();
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java"));
        command.addAll(new LinuxSystemCallFilter().jvmFlags());
        command.addAll(List.of("-Xmx64m", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path")));
        command.addAll(Arrays.asList(arguments).subList(1, arguments.length));
        List<PassedHandle> handles = List.of(
                new PassedHandle(0, new Descriptor(0)),
                new PassedHandle(1, new Descriptor(1)),
                new PassedHandle(7, MemoryFile.readable("passed", new byte[]{1})));
        try (HostProcess process = provider.start(
                JailRequest.of("test").withFiles(files), new ProcessRequest(command, Map.of("LANG", "C"), handles))) {
            System.exit(process.waitFor());
        }
    }
}
