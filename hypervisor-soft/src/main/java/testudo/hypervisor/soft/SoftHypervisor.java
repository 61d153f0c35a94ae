package testudo.hypervisor.soft;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.hypervisor.soft.cpu.Clock;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProfile.Feature;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.riscv.RiscvProfile;

/// Makes machines in software.
final class SoftHypervisor implements Hypervisor {
    static final String ID = "soft";

    private static final List<String> EXTENSIONS = List.of(
            "i", "m", "a", "f", "d", "c", "zicbom", "zicbop", "zicboz", "zicntr", "zicsr", "zifencei", "zihpm", "zawrs", "zba",
            "zbb", "zbs", "ssaia", "sstc", "svadu", "svinval", "svpbmt");
    private static final Set<Feature> FEATURES = Set.of(Feature.MSI, Feature.REGISTERS, Feature.READ_ONLY_MEMORY);
    private static final Set<Feature> REPEATABLE_FEATURES = Set.of(Feature.MSI, Feature.REGISTERS, Feature.READ_ONLY_MEMORY,
            Feature.REPEATABLE);
    private static final int MAX_VCPUS = 64;
    private static final int ADDRESS_BITS = 56;
    private static final int VIRTUAL_ADDRESS_BITS = 57;
    private static final int INTERRUPT_IDENTITIES = 255;

    private final HostPlatform host;
    private final SoftVm.Timing timing;
    private final SoftVm.Engine engine;

    SoftHypervisor(HostPlatform host, SoftVm.Timing timing, SoftVm.Engine engine) {
        this.host = host;
        this.timing = timing;
        this.engine = engine;
    }

    @Override
    public HypervisorProfile profile() {
        return new HypervisorProfile(
                ID,
                Set.of("riscv64"),
                MAX_VCPUS,
                ADDRESS_BITS,
                List.of(IrqchipMode.USERSPACE),
                timing == SoftVm.Timing.DETERMINISTIC ? REPEATABLE_FEATURES : FEATURES,
                Optional.empty(),
                Optional.of(new RiscvProfile(
                        EXTENSIONS, VIRTUAL_ADDRESS_BITS, Clock.HZ, Mmu.CACHE_BLOCK_BYTES, INTERRUPT_IDENTITIES)));
    }

    @Override
    public Vm createVm(VmRequest request) {
        return new SoftVm(host.memory(), request, timing, engine);
    }

    @Override
    public void close() {
        // Holds nothing of its own.
    }
}
