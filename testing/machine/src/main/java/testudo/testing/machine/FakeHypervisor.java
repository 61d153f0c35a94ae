package testudo.testing.machine;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.Availability;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProvider;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.X86Profile;

/// A hypervisor provider whose machines run [GuestProgram]s.
public final class FakeHypervisor implements HypervisorProvider {
    private static final int MAX_VCPUS = 8;

    private final GuestProgram program;

    /// Makes a provider.
    /// @param program what every vCPU of every machine executes; [GuestCpu#index()] tells them apart
    public FakeHypervisor(GuestProgram program) {
        this.program = program;
    }

    @Override
    public String id() {
        return "fake";
    }

    @Override
    public int rank() {
        return 1000;
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of();
    }

    @Override
    public Availability probe(Configuration configuration) {
        return new Availability.Ready("guests are Java programs");
    }

    @Override
    public Hypervisor open(Configuration configuration, HostPlatform host) {
        return new Open(host);
    }

    /// The profile of the poorest hypervisor: nothing optional.
    /// @return the profile
    public static HypervisorProfile poorest() {
        List<CpuidEntry> cpuid = List.of(
                new CpuidEntry(0, 0, false, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69),
                new CpuidEntry(1, 0, false, 0x000306a9, 0x00010800, 0x80202001, 0x078bfbff),
                new CpuidEntry(0x80000000, 0, false, 0x80000008, 0, 0, 0),
                new CpuidEntry(0x80000008, 0, false, 0x3028, 0, 0, 0));
        return new HypervisorProfile(
                "fake",
                Set.of("x86_64"),
                MAX_VCPUS,
                40,
                List.of(IrqchipMode.USERSPACE),
                Set.of(HypervisorProfile.Feature.MSI),
                Optional.of(new X86Profile(cpuid, List.of(), false, 0)),
                Optional.empty());
    }

    private final class Open implements Hypervisor {
        private final HostPlatform host;

        Open(HostPlatform host) {
            this.host = host;
        }

        @Override
        public HypervisorProfile profile() {
            return poorest();
        }

        @Override
        public Vm createVm(VmRequest request) {
            return new FakeVm(program, host.memory());
        }

        @Override
        public void close() {
            // holds nothing
        }
    }
}
