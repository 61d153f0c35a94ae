package testudo.arch.riscv64;

import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import testudo.arch.riscv64.boot.BootImage;
import testudo.arch.riscv64.boot.KernelFile;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.Attempts;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.HypervisorProfile.Feature;
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
        Attempts attempts = new Attempts();
        checkRequest(request, profile, attempts);
        Optional<MemoryMap> map = attempts.make(
                () -> new MemoryMap(request.memoryBytes(), request.vcpus(), profile.guestAddressBits()));
        Optional<BootImage> kernel = map.flatMap(
                m -> request.kernel().flatMap(file -> attempts.make(() -> KernelFile.parse(file, m))));
        Optional<Placement> placement = map.flatMap(m -> kernel.flatMap(
                k -> attempts.make(() -> Placement.behind(k.end(), request.initrd(), m))));
        attempts.finish();
        return new RiscvMachine(
                request,
                new RiscvMachine.Parts(
                        map.orElseThrow(), profile.riscv().orElseThrow(), kernel.orElseThrow(), placement.orElseThrow()),
                profile.features().contains(Feature.REPEATABLE) ? RiscvArchitecture::notRandom : entropy);
    }

    /// What a machine that repeats itself is seeded with.
    private static void notRandom(byte[] seed) {
        new Random(0).nextBytes(seed);
    }

    private static void checkRequest(MachineRequest request, HypervisorProfile profile, Attempts attempts) {
        int maxVcpus = Math.min(MemoryMap.MAX_VCPUS, profile.maxVcpus());
        if (request.vcpus() < 1 || request.vcpus() > maxVcpus) {
            attempts.refuse("%d vCPUs: 1 to %d are possible on %s with %s (--cpus)"
                    .formatted(request.vcpus(), maxVcpus, ID, profile.id()));
        }
        if (request.firmware().isPresent()) {
            attempts.refuse(
                    "--bios: %s machines have no firmware, the hypervisor answers its calls; give a KERNEL, which may be a boot loader"
                            .formatted(ID));
        } else if (request.kernel().isEmpty()) {
            attempts.refuse("there is nothing to boot; give a KERNEL");
        }
        Optional<RiscvProfile> harts = profile.riscv();
        if (harts.isEmpty()) {
            attempts.refuse("hypervisor %s does not run %s guests".formatted(profile.id(), ID));
        } else if (harts.get().interruptIdentities() == 0) {
            attempts.refuse("hypervisor %s has no Advanced Interrupt Architecture, which %s machines need".formatted(profile.id(), ID));
        }
    }
}
