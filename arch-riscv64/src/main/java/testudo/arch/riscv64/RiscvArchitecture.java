package testudo.arch.riscv64;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import testudo.arch.riscv64.boot.BootImage;
import testudo.arch.riscv64.boot.KernelFile;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.riscv.RiscvProfile;

/// Plans RISC-V machines. Stateless; may be used from any thread.
public final class RiscvArchitecture implements ArchitectureProvider {
    private static final String ID = "riscv64";
    private final Consumer<byte[]> entropy;

    /// Makes the provider with the platform's random numbers, which are first asked for when a machine is loaded.
    public RiscvArchitecture() {
        this(seed -> new SecureRandom().nextBytes(seed));
    }

    /// Makes a provider with a given source of random numbers.
    /// @param entropy fills arrays
    RiscvArchitecture(Consumer<byte[]> entropy) {
        this.entropy = entropy;
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return RiscvOptions.all();
    }

    @Override
    public Optional<String> recognises(KernelImage kernel) {
        return KernelFile.recognise(kernel);
    }

    @Override
    public PlannedMachine plan(MachineRequest request, HypervisorProfile profile) {
        List<String> problems = new ArrayList<>();
        checkRequest(request, profile, problems);
        Optional<MemoryMap> map = attempt(
                () -> new MemoryMap(request.memoryBytes(), request.vcpus(), profile.guestAddressBits()), problems);
        Optional<BootImage> kernel = map.flatMap(
                m -> request.kernel().flatMap(file -> attempt(() -> KernelFile.parse(file, m), problems)));
        Optional<Placement> placement = map.flatMap(m -> kernel.flatMap(
                k -> attempt(() -> Placement.behind(k.end(), request.initrd(), m), problems)));
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return new RiscvMachine(
                request,
                new RiscvMachine.Parts(
                        map.orElseThrow(), profile.riscv().orElseThrow(), kernel.orElseThrow(), placement.orElseThrow()),
                entropy);
    }

    private static void checkRequest(MachineRequest request, HypervisorProfile profile, List<String> problems) {
        int maxVcpus = Math.min(MemoryMap.MAX_VCPUS, profile.maxVcpus());
        if (request.vcpus() < 1 || request.vcpus() > maxVcpus) {
            problems.add("%d vCPUs: 1 to %d are possible on %s with %s (--cpus)"
                    .formatted(request.vcpus(), maxVcpus, ID, profile.id()));
        }
        if (request.firmware().isPresent()) {
            problems.add("--bios: %s machines have no firmware, the hypervisor answers its calls; give a KERNEL, which may be a boot loader"
                    .formatted(ID));
        } else if (request.kernel().isEmpty()) {
            problems.add("there is nothing to boot; give a KERNEL");
        }
        Optional<RiscvProfile> harts = profile.riscv();
        if (harts.isEmpty()) {
            problems.add("hypervisor %s does not run %s guests".formatted(profile.id(), ID));
        } else if (harts.get().interruptIdentities() == 0) {
            problems.add("hypervisor %s has no Advanced Interrupt Architecture, which %s machines need".formatted(profile.id(), ID));
        }
    }

    private static <T> Optional<T> attempt(Supplier<T> step, List<String> problems) {
        try {
            return Optional.of(step.get());
        } catch (VmmException.Config e) {
            problems.addAll(e.problems());
            return Optional.empty();
        }
    }
}
