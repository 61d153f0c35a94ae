package testudo.platform.linux.confine;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import testudo.platform.linux.call.Descriptor;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest.PassedHandle;

/// Programs that are installed on the host.
public final class HostProgram {
    private static final String STANDARD_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";
    private static final int STANDARD_ERROR = 2;

    private HostProgram() {}

    /// Looks for a program in `PATH`, then where the system's are.
    /// @param name its name
    /// @return an absolute path
    public static Optional<Path> find(String name) {
        String path = Objects.requireNonNullElse(System.getenv("PATH"), "") + File.pathSeparator + STANDARD_PATH;
        return Stream.of(path.split(File.pathSeparator, -1))
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// Runs something to its end and keeps what it says.
    /// @param start starts it with this handle as its standard error
    /// @return its exit code and the first 4 KiB of its standard error
    public static Outcome run(Function<PassedHandle, HostProcess> start) {
        try (Descriptor report = MemoryFile.empty("testudo-report");
                HostProcess process = start.apply(new PassedHandle(STANDARD_ERROR, report))) {
            int code = process.waitFor();
            return new Outcome(code, MemoryFile.text(report).strip());
        }
    }

    /// How a program ended.
    /// @param code as [HostProcess#exitCode()]
    /// @param report what it wrote to its standard error
    public record Outcome(int code, String report) {}
}
