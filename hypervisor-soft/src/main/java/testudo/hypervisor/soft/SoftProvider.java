package testudo.hypervisor.soft;

import java.util.List;
import testudo.spi.Availability;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;

/// Offers the processor in Java, which needs nothing of the host.
public final class SoftProvider implements HypervisorProvider {
    static final OptionDeclaration<Boolean> DETERMINISTIC = OptionDeclaration.flag(
            "soft-deterministic",
            "Hypervisor",
            "software CPU: one hart at a time, time counted in instructions, so that runs are repeatable");

    static final OptionDeclaration<Boolean> INTERPRETED = OptionDeclaration.flag(
            "soft-interpreted",
            "Hypervisor",
            "software CPU: interpret all guest code, translate none of it");

    private static final int RANK = 10;

    /// For [java.util.ServiceLoader].
    public SoftProvider() {}

    @Override
    public String id() {
        return SoftHypervisor.ID;
    }

    @Override
    public int rank() {
        return RANK;
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of(DETERMINISTIC, INTERPRETED);
    }

    @Override
    public Availability probe(Configuration configuration) {
        return new Availability.Ready("riscv64 in software");
    }

    @Override
    public Hypervisor open(Configuration configuration, HostPlatform host) {
        return new SoftHypervisor(
                host,
                configuration.isSet(DETERMINISTIC) ? SoftVm.Timing.DETERMINISTIC : SoftVm.Timing.WALL_CLOCK,
                configuration.isSet(INTERPRETED) ? SoftVm.Engine.INTERPRETER : SoftVm.Engine.TRANSLATOR);
    }
}
