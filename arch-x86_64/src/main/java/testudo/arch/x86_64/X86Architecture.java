package testudo.arch.x86_64;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import testudo.arch.x86_64.acpi.UserTables;
import testudo.arch.x86_64.boot.BootImage;
import testudo.arch.x86_64.boot.KernelFile;
import testudo.arch.x86_64.cpu.CpuOptions;
import testudo.arch.x86_64.cpu.GuestCpuid;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.arch.x86_64.layout.PciWindows;
import testudo.arch.x86_64.tables.Smbios;
import testudo.spi.Attempts;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.x86.X86Profile;

/// Plans x86-64 machines. Stateless; may be used from any thread.
public final class X86Architecture implements ArchitectureProvider {
    private static final String ID = "x86_64";
    private static final int MAX_VCPUS = 254; // APIC ids have 8 bits, 255 is everyone
    private final Consumer<byte[]> entropy;

    /// Makes the provider with the platform's random numbers, which are first asked for when a machine is loaded.
    public X86Architecture() {
        this(seed -> new SecureRandom().nextBytes(seed));
    }

    /// Makes a provider with a given source of random numbers.
    /// @param entropy fills arrays
    X86Architecture(Consumer<byte[]> entropy) {
        this.entropy = entropy;
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return X86Options.all();
    }

    @Override
    public Optional<String> recognises(KernelImage kernel) {
        return KernelFile.recognise(kernel);
    }

    @Override
    public PlannedMachine plan(MachineRequest request, HypervisorProfile profile) {
        Attempts attempts = new Attempts();
        checkRequest(request, profile, attempts);
        Optional<CpuOptions> cpus = attempts.make(() -> X86Options.cpus(request));
        Optional<GuestCpuid> cpuid = cpus.flatMap(options -> attempts.make(() -> cpuid(profile, options)));
        Optional<FirmwareImage> firmware = request.firmware().flatMap(file -> attempts.make(() -> new FirmwareImage(file)));
        long firmwareBytes = firmware.map(FirmwareImage::sizeBytes).orElse(0L);
        Optional<Integer> rootPorts = attempts.make(() -> X86Options.rootPorts(request.configuration()));
        Optional<byte[]> smbios = attempts.make(
                () -> Smbios.tables(X86Options.identity(request.configuration()), firmwareBytes));
        Optional<UserTables> user = attempts.make(() -> userTables(request));
        Optional<PciWindows> windows = attempts.make(() -> X86Options.windows(request.configuration()));
        Optional<MemoryMap> map = windows.flatMap(w -> cpuid.flatMap(c -> attempts.make(() -> MemoryMap.of(
                request.memoryBytes(), w, firmwareBytes, Math.min(profile.guestAddressBits(), c.physicalAddressBits())))));
        Optional<BootImage> kernel = map.flatMap(
                m -> request.kernel().flatMap(file -> attempts.make(() -> KernelFile.parse(file, m))));
        Optional<InitialRamdisk> initrd = map.flatMap(m -> kernel.flatMap(
                k -> request.initrd().flatMap(file -> attempts.make(() -> InitialRamdisk.place(file, k, m)))));
        attempts.finish();
        return new X86Machine(
                new X86Parts(
                        request,
                        map.orElseThrow(),
                        cpuid.orElseThrow(),
                        new X86Parts.Tables(
                                smbios.orElseThrow(),
                                user.orElseThrow(),
                                request.configuration().isSet(X86Options.S2IDLE),
                                rootPorts.orElseThrow()),
                        new X86Parts.Boot(kernel, initrd, firmware)),
                entropy);
    }

    private static void checkRequest(MachineRequest request, HypervisorProfile profile, Attempts attempts) {
        int maxVcpus = Math.min(MAX_VCPUS, profile.maxVcpus());
        if (request.vcpus() < 1 || request.vcpus() > maxVcpus) {
            attempts.refuse("%d vCPUs: 1 to %d are possible on %s with %s (--cpus)"
                    .formatted(request.vcpus(), maxVcpus, ID, profile.id()));
        }
        if (request.kernel().isPresent() == request.firmware().isPresent()) {
            attempts.refuse(request.kernel().isPresent()
                    ? "a kernel and firmware exclude each other; leave KERNEL or --bios out"
                    : "there is nothing to boot; give a KERNEL or --bios");
        }
        if (request.initrd().isPresent() && request.kernel().isEmpty()) {
            attempts.refuse("an initial ramdisk needs a kernel; leave --initrd out");
        }
    }

    private static GuestCpuid cpuid(HypervisorProfile profile, CpuOptions options) {
        X86Profile x86 = profile.x86().orElseThrow(
                () -> new VmmException.Config("hypervisor %s does not run %s guests".formatted(profile.id(), ID)));
        return new GuestCpuid(x86, options);
    }

    private static UserTables userTables(MachineRequest request) {
        List<KernelImage> files = new ArrayList<>();
        Attempts attempts = new Attempts();
        try {
            for (Occurrence<java.nio.file.Path> table : request.configuration().all(X86Options.ACPI_TABLE)) {
                attempts.make(() -> KernelImage.open(table.value(), "ACPI table")).ifPresent(files::add);
            }
            Optional<UserTables> tables = attempts.make(() -> UserTables.read(files));
            attempts.finish();
            return tables.orElseThrow();
        } finally {
            files.forEach(KernelImage::close);
        }
    }

    /// Where an initial ramdisk goes.
    /// @param file the file
    /// @param gpa its first address
    record InitialRamdisk(KernelImage file, long gpa) {
        static InitialRamdisk place(KernelImage file, BootImage kernel, MemoryMap map) {
            long from = Math.max(kernel.limits().kernelEnd(), Addresses.HIGH_MEMORY);
            long max = kernel.limits().initrdMax();
            long gpa = map.highestPlace(file.sizeBytes(), from, max);
            if (gpa < 0) {
                throw new VmmException.Config(
                        "initrd %s of %d bytes does not fit between the kernel's end, 0x%x, and 0x%x; give more memory (--mem)"
                                .formatted(file.path(), file.sizeBytes(), from, Math.min(max, map.memoryBytes())));
            }
            return new InitialRamdisk(file, gpa);
        }
    }
}
