package testudo.arch.x86_64;

import java.lang.invoke.MethodHandles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import testudo.arch.x86_64.cpu.CpuOptions;
import testudo.arch.x86_64.cpu.CpuOptions.Nested;
import testudo.arch.x86_64.cpu.CpuOptions.Topology;
import testudo.arch.x86_64.layout.PciWindows;
import testudo.arch.x86_64.layout.PciWindows.Wish;
import testudo.arch.x86_64.tables.Smbios;
import testudo.spi.VmmException;
import testudo.spi.arch.MachineRequest;
import testudo.spi.option.Configuration;
import testudo.spi.option.Key;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;

/// The options of this architecture and what they mean.
final class X86Options {
    private static final String GROUP = "x86";
    private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
    private static final UUID NO_UUID = new UUID(0, 0);
    private static final int DEFAULT_ROOT_PORTS = 1;
    private static final int MAX_ROOT_PORTS = 16;

    static final OptionDeclaration<Path> ACPI_TABLE = OptionDeclaration.value(
            "acpi-table", Path.class, "PATH", GROUP, "add an ACPI table; FACP and DSDT replace the generated ones")
            .repeated(true);
    static final OptionDeclaration<PciOption> PCI = OptionDeclaration.keyValues(
            "pci", PciOption.class, LOOKUP, GROUP, "place the PCI windows below 4 GiB").repeated(false);
    static final OptionDeclaration<Long> PCI_START = OptionDeclaration.value(
            "pci-start", Long.class, "ADDRESS", GROUP, "start of the PCI memory window").deprecatedFor("--pci mem=[start=…]");
    static final OptionDeclaration<Long> ROOT_PORTS = OptionDeclaration.value(
            "pci-hotplug-slots", Long.class, "N", GROUP, "number of PCI root ports for hot-plug (default 1)");
    static final OptionDeclaration<SmbiosOption> SMBIOS = OptionDeclaration.keyValues(
            "smbios", SmbiosOption.class, LOOKUP, GROUP, "what the guest reads about its hardware (DMI)").repeated(false);
    static final OptionDeclaration<String> OEM_STRINGS = OptionDeclaration.value(
            "oem-strings", String.class, "STRING", GROUP, "an SMBIOS OEM string").repeated(true)
            .deprecatedFor("--smbios oem-strings=[…]");
    static final OptionDeclaration<Boolean> NO_SMT = OptionDeclaration.flag("no-smt", GROUP, "each vCPU is a core of its own");
    static final OptionDeclaration<Boolean> HOST_TOPOLOGY = OptionDeclaration.flag("host-cpu-topology", GROUP,
            "show the guest the CPU topology of the host");
    static final OptionDeclaration<Boolean> HWP = OptionDeclaration.flag("enable-hwp", GROUP,
            "show hardware performance states; needs --host-cpu-topology");
    static final OptionDeclaration<Boolean> TSC_LEAF = OptionDeclaration.flag(
            "force-calibrated-tsc-leaf", GROUP, "state the TSC frequency in CPUID leaf 0x15");
    static final OptionDeclaration<Boolean> S2IDLE = OptionDeclaration.flag("s2idle", GROUP, "let the guest prefer suspend-to-idle");
    static final OptionDeclaration<NestedOption> NESTED = OptionDeclaration.keyValues(
            "nested", NestedOption.class, LOOKUP, GROUP, "whether the guest may run guests").repeated(false);

    private X86Options() {}

    static List<OptionDeclaration<?>> all() {
        return List.of(ACPI_TABLE, PCI, PCI_START, ROOT_PORTS, SMBIOS, OEM_STRINGS, NO_SMT, HOST_TOPOLOGY, HWP, TSC_LEAF,
                S2IDLE, NESTED);
    }

    /// Where the PCI windows go.
    record PciOption(
            @Key(help = "memory window for 32-bit BARs") Optional<RangeOption> mem,
            @Key(help = "memory-mapped configuration space") Optional<RangeOption> ecam) {}

    /// A range of addresses.
    record RangeOption(
            @Key(help = "first address") Optional<Long> start, @Key(help = "length in bytes") Optional<Long> size) {}

    /// What SMBIOS says.
    record SmbiosOption(
            @Key(help = "vendor of the firmware") Optional<String> biosVendor,
            @Key(help = "version of the firmware") Optional<String> biosVersion,
            @Key(help = "manufacturer of the machine") Optional<String> manufacturer,
            @Key(help = "product name of the machine") Optional<String> productName,
            @Key(help = "serial number of the machine") Optional<String> serialNumber,
            @Key(help = "identity of the machine") Optional<String> uuid,
            @Key(help = "free text") List<String> oemStrings) {}

    /// Whether a guest may run guests.
    record NestedOption(@Key(help = "off, auto (where the host can) or on", fallback = "auto") Nested mode) {}

    static PciWindows windows(Configuration configuration) {
        Optional<PciOption> pci = configuration.value(PCI);
        Optional<Long> start = configuration.value(PCI_START);
        if (start.isPresent() && pci.flatMap(PciOption::mem).isPresent()) {
            throw new VmmException.Config("--pci-start and --pci mem=… both place the memory window; use --pci alone");
        }
        Wish low = start.map(s -> new Wish(OptionalLong.of(s), OptionalLong.empty()))
                .orElseGet(() -> wish(pci.flatMap(PciOption::mem)));
        return PciWindows.of(wish(pci.flatMap(PciOption::ecam)), low);
    }

    private static Wish wish(Optional<RangeOption> range) {
        return range.map(r -> new Wish(optional(r.start()), optional(r.size()))).orElse(Wish.NONE);
    }

    private static OptionalLong optional(Optional<Long> value) {
        return value.map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    static int rootPorts(Configuration configuration) {
        long ports = configuration.value(ROOT_PORTS).orElse((long) DEFAULT_ROOT_PORTS);
        if (ports < 0 || ports > MAX_ROOT_PORTS) {
            throw new VmmException.Config("--pci-hotplug-slots %d: 0 to %d are possible".formatted(ports, MAX_ROOT_PORTS));
        }
        return (int) ports;
    }

    static CpuOptions cpus(MachineRequest request) {
        Configuration configuration = request.configuration();
        boolean isHost = configuration.isSet(HOST_TOPOLOGY);
        List<String> problems = new ArrayList<>();
        if (isHost && configuration.isSet(NO_SMT)) {
            problems.add("--host-cpu-topology and --no-smt exclude each other; leave one out");
        }
        if (configuration.isSet(HWP) && !isHost) {
            problems.add("--enable-hwp needs --host-cpu-topology; add it");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        Topology topology = isHost ? Topology.HOST : configuration.isSet(NO_SMT) ? Topology.CORES : Topology.THREADS;
        return new CpuOptions(
                request.vcpus(),
                request.irqchip(),
                topology,
                configuration.value(NESTED).map(NestedOption::mode).orElse(Nested.AUTO),
                configuration.isSet(HWP),
                configuration.isSet(TSC_LEAF));
    }

    static Smbios.Identity identity(Configuration configuration) {
        SmbiosOption given = configuration.value(SMBIOS).orElse(new SmbiosOption(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(),
                Optional.empty(), List.of()));
        List<String> oemStrings = new ArrayList<>(given.oemStrings());
        configuration.all(OEM_STRINGS).stream().map(Occurrence::value).forEach(oemStrings::add);
        return new Smbios.Identity(
                List.of(given.biosVendor().orElse("Testudo"), given.biosVersion().orElse("0")),
                List.of(
                        given.manufacturer().orElse("Testudo"),
                        given.productName().orElse("testudo"),
                        given.serialNumber().orElse("")),
                given.uuid().map(X86Options::uuid).orElse(NO_UUID),
                oemStrings);
    }

    private static UUID uuid(String text) {
        if (!text.matches("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}")) {
            throw new VmmException.Config("--smbios: uuid '%s' is not of the form 01234567-89ab-cdef-0123-456789abcdef"
                    .formatted(text));
        }
        return UUID.fromString(text);
    }
}
