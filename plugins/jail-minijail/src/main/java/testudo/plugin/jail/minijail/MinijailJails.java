package testudo.plugin.jail.minijail;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.confine.HostProgram;
import testudo.platform.linux.confine.JailLimits;
import testudo.platform.linux.confine.JailTree;
import testudo.platform.linux.confine.MemoryFile;
import testudo.platform.linux.confine.ProcessStarter;
import testudo.platform.linux.confine.StartupFilter;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;
import testudo.spi.jail.JailProvider;
import testudo.spi.jail.JailRequest;

/// Jails made by `minijail0(1)`.
public final class MinijailJails implements JailProvider {
    private static final int RANK = 40;
    private static final String FIX = "install minijail0 and make an empty folder /var/empty (or name one with --pivot-root), or choose another jail";
    private static final Path STANDARD_ROOT = Path.of("/var/empty");

    /// Makes the provider.
    public MinijailJails() {}

    @Override
    public String id() {
        return "minijail";
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public Availability probe() {
        JailRequest request = JailRequest.of("probe");
        List<String> java = List.of(request.runtimeImage().resolve("bin/java").toString(), "--dry-run", "--version");
        try {
            HostProgram.Outcome outcome = HostProgram.run(
                    report -> start(request, new ProcessRequest(java, Map.of(), List.of(report))));
            return outcome.code() == 0
                    ? new Availability.Ready("minijail0, seccomp")
                    : new Availability.Missing("jail of kind minijail: " + outcome.report(), FIX);
        } catch (VmmException failure) {
            return new Availability.Missing("jail of kind minijail: " + failure.getMessage(), FIX);
        }
    }

    @Override
    public HostProcess start(JailRequest jail, ProcessRequest process) {
        Path program = HostProgram.find("minijail0")
                .orElseThrow(() -> new VmmException.Host(VmmException.Kind.MISSING, "minijail0 is not installed; " + FIX));
        Path root = jail.options().root().orElse(STANDARD_ROOT);
        if (!Files.isDirectory(root)) {
            throw new VmmException.Config("jail " + jail.name() + ": the root " + root
                    + " is no folder; make it, or name one with --pivot-root");
        }
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(MinijailArguments.of(jail, root, JailTree.of(jail), ProcessStarter.FIRST_EXTRA));
        command.add("--");
        ProcessRequest inside = JailTree.inside(jail, process);
        command.addAll(inside.command());
        try (Descriptor filter = MemoryFile.readable("testudo-startup-filter", StartupFilter.bytes(jail.options().policyDirectory()))) {
            return ProcessStarter.start(
                    new ProcessRequest(command, inside.environment(), process.handles()),
                    List.of(filter),
                    steps -> JailLimits.apply(steps, jail),
                    steps -> {});
        }
    }
}
