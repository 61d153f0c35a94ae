package testudo.arch.x86_64;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import testudo.arch.x86_64.acpi.AcpiTables;
import testudo.arch.x86_64.acpi.MachineView;
import testudo.arch.x86_64.boot.BootImage;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.arch.x86_64.boot.BootImage.Segment;
import testudo.arch.x86_64.boot.BootRegisters;
import testudo.arch.x86_64.boot.Handover;
import testudo.arch.x86_64.boot.StartInfo;
import testudo.arch.x86_64.boot.ZeroPage;
import testudo.arch.x86_64.cpu.BootMsrs;
import testudo.arch.x86_64.layout.Addresses;
import testudo.arch.x86_64.layout.E820Entry;
import testudo.arch.x86_64.layout.MemoryMap;
import testudo.arch.x86_64.tables.MpTable;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.BootState;
import testudo.spi.memory.GuestMemory;
import testudo.spi.x86.MsrValue;
import testudo.spi.x86.X86BootState;

/// A planned x86-64 machine.
final class X86Machine implements PlannedMachine {
    private static final int CONFIG_PORT = 0xCF8;
    private static final int ECAM_SHIFT = 12;
    private static final Window IO_WINDOW = new Window(0xD000, 0x3000);
    private static final int INTEL = 0x8086;
    private static final int HOST_BRIDGE = 0x1237;
    private static final Interrupts INTERRUPTS = new Interrupts(24, 9, 4, 0, Map.of());

    private final X86Parts parts;
    private final Consumer<byte[]> entropy;
    private final MachinePlan plan;
    private List<AcpiTables.Placed> acpiTables = List.of();

    X86Machine(X86Parts parts, Consumer<byte[]> entropy) {
        this.parts = parts;
        this.entropy = entropy;
        MemoryMap map = parts.map();
        PciHost pci = new PciHost(
                CONFIG_PORT, map.pci().ecam(), ECAM_SHIFT, IO_WINDOW, map.pci().low(), map.high(), INTEL, HOST_BRIDGE,
                parts.tables().rootPorts());
        String description = parts.boot().kernel().map(BootImage::description)
                .or(() -> parts.boot().firmware().map(FirmwareImage::description)).orElseThrow();
        this.plan = new MachinePlan("x86_64", map.ranges(), pci, INTERRUPTS, List.of("panic=-1"), description);
    }

    @Override
    public MachinePlan plan() {
        return plan;
    }

    @Override
    public void load(GuestMemory memory, MachineLayout layout) {
        byte[] commandLine = commandLine(layout.commandLine());
        memory.write(Addresses.COMMAND_LINE, commandLine);
        if (hasTables()) {
            writeTables(memory, layout);
        }
        parts.boot().firmware().ifPresent(firmware -> firmware.load(memory));
        parts.boot().initrd().ifPresent(initrd -> {
            KernelImage file = initrd.file();
            file.readFully(0, memory.slice(initrd.gpa(), file.sizeBytes()));
        });
        parts.boot().kernel().ifPresent(kernel -> writeKernel(memory, kernel));
    }

    @Override
    public BootState bootState(int vcpu) {
        return state(vcpu, parts.boot().kernel().filter(kernel -> vcpu == 0).map(BootRegisters::entry));
    }

    @Override
    public Optional<BootState> startupState(int vcpu, int page) {
        return Optional.of(state(vcpu, Optional.of(X86BootState.startup(page))));
    }

    private X86BootState state(int vcpu, Optional<X86BootState.Entry> entry) {
        Optional<BootImage> kernel = parts.boot().kernel();
        List<MsrValue> msrs = new ArrayList<>(
                BootMsrs.basic(kernel.filter(k -> k.protocol() == Protocol.LINUX_64).isPresent()));
        if (kernel.isPresent() && parts.cpuid().hasMtrr()) {
            msrs.addAll(memoryTypes());
        }
        return new X86BootState(parts.cpuid().table(vcpu), msrs, entry, true);
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("boot", plan.description());
        parts.boot().kernel().ifPresent(kernel -> {
            details.put("protocol", kernel.protocol().name());
            details.put("entry", hex(kernel.entry()));
            details.put("segments", kernel.segments().stream().map(s -> range(s.gpa(), s.memoryBytes())).toList());
            details.put("commandLineLimit", (long) kernel.limits().commandLineBytes());
        });
        parts.boot().initrd().ifPresent(initrd -> details.put("initrd", range(initrd.gpa(), initrd.file().sizeBytes())));
        details.put("e820", parts.map().e820().stream().map(E820Entry::toString).toList());
        details.put("ecam", range(plan.pci().configWindow()));
        details.put("ioWindow", range(plan.pci().ioWindow()));
        details.put("lowWindow", range(plan.pci().lowWindow()));
        details.put("highWindow", range(plan.pci().highWindow()));
        details.put("memoryTypes", memoryTypes().isEmpty() ? "left at reset: more than 8 ranges" : "write-back, windows uncacheable");
        details.put("tables", tables());
        return details;
    }

    private List<MsrValue> memoryTypes() {
        return BootMsrs.memoryTypes(parts.map().pci().ramLimit(), parts.cpuid().physicalAddressBits());
    }

    /// A PC BIOS overlays the place of our tables with itself and makes its own.
    private boolean hasTables() {
        return parts.boot().firmware().filter(FirmwareImage::isLegacy).isEmpty();
    }

    private List<String> tables() {
        if (!hasTables()) {
            return List.of();
        }
        List<String> tables = new ArrayList<>();
        if (!parts.tables().user().hasFadt()) {
            tables.add("_MP_ " + range(Addresses.MP_FLOATING_POINTER, 16));
        }
        tables.add("_SM3_ " + range(Addresses.SMBIOS, parts.tables().smbios().length));
        if (acpiTables.isEmpty()) {
            tables.add("RSDP " + hex(Addresses.ACPI));
        }
        acpiTables.forEach(t -> tables.add("%s %s".formatted(t.signature(), range(t.gpa(), t.sizeBytes()))));
        return tables;
    }

    private void writeTables(GuestMemory memory, MachineLayout layout) {
        MachineView view = new MachineView(parts.request().vcpus(), plan.pci(), layout, parts.tables().lowPowerIdle());
        if (!parts.tables().user().hasFadt()) {
            int sci = view.powerManagement().map(MachineView.PowerManagement::sci).orElse(-1);
            MpTable.table(view.vcpus(), sci, layout.pci()).ifPresent(table -> {
                memory.write(Addresses.MP_TABLE, table);
                memory.write(Addresses.MP_FLOATING_POINTER, MpTable.floatingPointer());
            });
        }
        memory.write(Addresses.SMBIOS, parts.tables().smbios());
        AcpiTables acpi = AcpiTables.of(view, parts.tables().user());
        memory.write(Addresses.ACPI, acpi.image());
        acpiTables = acpi.placed();
    }

    private void writeKernel(GuestMemory memory, BootImage kernel) {
        for (Segment segment : kernel.segments()) {
            kernelFile().readFully(segment.fileOffset(), memory.slice(segment.gpa(), segment.fileBytes()));
            memory.slice(segment.gpa() + segment.fileBytes(), segment.memoryBytes() - segment.fileBytes()).fill((byte) 0);
        }
        Handover handover = new Handover(
                parts.boot().initrd().map(X86Architecture.InitialRamdisk::gpa).orElse(0L),
                parts.boot().initrd().map(initrd -> initrd.file().sizeBytes()).orElse(0L),
                Addresses.ACPI,
                parts.map().e820());
        switch (kernel.protocol()) {
            case LINUX_64, LINUX_32 -> {
                byte[] seed = new byte[ZeroPage.SEED_BYTES];
                entropy.accept(seed);
                memory.write(Addresses.ZERO_PAGE, ZeroPage.bytes(kernel, handover));
                memory.write(Addresses.SETUP_DATA, ZeroPage.setupData(seed));
            }
            case PVH -> memory.write(Addresses.START_INFO, StartInfo.pvh(handover));
            case MULTIBOOT -> memory.write(Addresses.START_INFO, StartInfo.multiboot(handover));
        }
        memory.write(Addresses.GDT, BootRegisters.gdt(kernel.protocol()));
        memory.write(Addresses.PAGE_TABLES, BootRegisters.pageTables());
    }

    private KernelImage kernelFile() {
        return parts.request().kernel().orElseThrow();
    }

    /// The command line as the guest reads it, with NUL.
    private byte[] commandLine(String line) {
        byte[] bytes = (line + '\0').getBytes(StandardCharsets.UTF_8);
        int limit = parts.boot().kernel().map(k -> k.limits().commandLineBytes()).orElse(BootImage.COMMAND_LINE_BYTES);
        List<String> problems = new ArrayList<>();
        if (bytes.length - 1 > limit) {
            problems.add("the kernel command line has %d bytes, this kernel takes %d; shorten --params"
                    .formatted(bytes.length - 1, limit));
        }
        if (line.chars().anyMatch(c -> c == 0 || c == '\n' || c == '\r')) {
            problems.add("the kernel command line has a NUL or newline character; remove it from --params");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return bytes;
    }

    private static String range(Window window) {
        return range(window.start(), window.sizeBytes());
    }

    private static String range(long start, long sizeBytes) {
        return "0x%x-0x%x".formatted(start, start + sizeBytes - 1);
    }

    private static String hex(long value) {
        return "0x%x".formatted(value);
    }
}
