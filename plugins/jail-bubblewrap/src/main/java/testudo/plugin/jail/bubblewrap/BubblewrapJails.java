package testudo.plugin.jail.bubblewrap;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/// Jails made by `bwrap(1)`.
public final class BubblewrapJails implements JailProvider {
    private static final int RANK = 50;
    private static final String FIX = "install bubblewrap 0.5 or newer and allow user namespaces, or name another kind with --jail-kind";

    /// Makes the provider.
    public BubblewrapJails() {}

    @Override
    public String id() {
        return "bubblewrap";
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public Availability probe() {
        JailRequest request = JailRequest.of("probe");
        List<String> java = List.of(request.runtimeImage().resolve("bin/java").toString(), "-version");
        try {
            HostProgram.Outcome outcome = HostProgram.run(
                    report -> start(request, new ProcessRequest(java, Map.of(), List.of(report))));
            return outcome.code() == 0
                    ? new Availability.Ready("bwrap, seccomp")
                    : new Availability.Missing(outcome.report(), FIX);
        } catch (VmmException failure) {
            return new Availability.Missing(String.valueOf(failure.getMessage()), FIX);
        }
    }

    @Override
    public HostProcess start(JailRequest jail, ProcessRequest process) {
        Path program = HostProgram.find("bwrap")
                .orElseThrow(() -> new VmmException.Host(VmmException.Kind.MISSING, "bwrap is not installed; " + FIX));
        if (!jail.user().users().isEmpty() || !jail.user().groups().isEmpty()) {
            throw new VmmException.Config("jail " + jail.name()
                    + ": maps of several users need --jail-kind minijail; the kind bubblewrap maps the current user alone");
        }
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(BubblewrapArguments.of(jail, JailTree.of(jail), ProcessStarter.FIRST_EXTRA));
        command.add("--");
        command.addAll(process.command());
        Optional<Path> policies = jail.options().policyDirectory();
        try (Descriptor filter = MemoryFile.readable("testudo-startup-filter", StartupFilter.bytes(policies))) {
            return ProcessStarter.start(
                    new ProcessRequest(command, process.environment(), process.handles()),
                    List.of(filter),
                    steps -> JailLimits.apply(steps, jail),
                    steps -> {});
        }
    }
}
