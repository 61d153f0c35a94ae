package testudo.plugin.jail.unshare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.confine.HostProgram;
import testudo.platform.linux.confine.JailTree;
import testudo.platform.linux.confine.Landlock;
import testudo.platform.linux.confine.ProcessStarter;
import testudo.spi.Availability;
import testudo.spi.VmmException;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;
import testudo.spi.jail.JailProvider;
import testudo.spi.jail.JailRequest;

/// Jails made with `unshare(2)`, `pivot_root(2)`, `capset(2)`, `landlock_restrict_self(2)` and `seccomp(2)`.
public final class UnshareJails implements JailProvider {
    private static final int RANK = 60;

    /// Makes the provider.
    public UnshareJails() {}

    @Override
    public String id() {
        return "unshare";
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public Availability probe() {
        try {
            return tryOut();
        } catch (VmmException failure) {
            return new Availability.Missing(String.valueOf(failure.getMessage()), JailSteps.WHAT_TO_DO);
        }
    }

    /// Builds a jail in which the program is an exit.
    private static Availability tryOut() {
        JailRequest request = JailRequest.of("probe");
        try (Walls walls = new Walls(request)) {
            HostProgram.Outcome outcome = HostProgram.run(report -> ProcessStarter.run(
                    program -> {
                        JailSteps steps = new JailSteps(program, request, walls.tree);
                        steps.build(walls.landlockNumber());
                        program.attempt("exit_group", 0);
                        steps.finish();
                    },
                    List.of(report),
                    walls.descriptors()));
            if (outcome.code() == 0) {
                return new Availability.Ready(walls.landlock.isPresent()
                        ? "namespaces, seccomp, Landlock " + Landlock.version()
                        : "namespaces, seccomp; this kernel has no Landlock");
            }
            return new Availability.Missing(outcome.report(), JailSteps.WHAT_TO_DO);
        }
    }

    @Override
    public HostProcess start(JailRequest jail, ProcessRequest process) {
        if (!jail.user().users().isEmpty() || !jail.user().groups().isEmpty()) {
            throw new VmmException.Config("jail " + jail.name()
                    + ": maps of several users need --jail-kind minijail; the kind unshare maps the current user alone");
        }
        try (Walls walls = new Walls(jail)) {
            JailSteps[] steps = new JailSteps[1];
            return ProcessStarter.start(JailTree.inside(jail, process), walls.descriptors(), program -> {
                steps[0] = new JailSteps(program, jail, walls.tree);
                steps[0].build(walls.landlockNumber());
            }, program -> steps[0].finish());
        }
    }

    /// What is prepared outside of the jail for its steps.
    private static final class Walls implements AutoCloseable {
        final JailTree tree;
        final Optional<Descriptor> landlock;

        Walls(JailRequest request) {
            tree = JailTree.of(request);
            landlock = Landlock.version() > 0
                    ? Optional.of(Landlock.ruleset(tree.files(), request.network()))
                    : Optional.empty();
        }

        List<Descriptor> descriptors() {
            return new ArrayList<>(landlock.stream().toList());
        }

        int landlockNumber() {
            return landlock.isPresent() ? ProcessStarter.FIRST_EXTRA : -1;
        }

        @Override
        public void close() {
            landlock.ifPresent(Descriptor::close);
        }
    }
}
