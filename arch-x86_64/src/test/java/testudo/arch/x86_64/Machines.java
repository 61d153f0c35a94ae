package testudo.arch.x86_64;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachineLayout.PciFunction;
import testudo.spi.arch.MachineLayout.PlatformNode;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachineRequest;
import testudo.spi.hypervisor.HypervisorProfile;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.Trigger;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciAddress;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.X86Profile;

/// Small machines for tests.
public final class Machines {
    public static final long MIB = 1L << 20;
    /// FPU, TSC, MSR, PAE, APIC, MTRR, PGE.
    public static final int LEAF_1_EDX = 1 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 9 | 1 << 12 | 1 << 13;

    private Machines() {}

    public static HypervisorProfile profile(CpuidEntry... more) {
        List<CpuidEntry> cpuid = new ArrayList<>(List.of(
                leaf(0, 0x1F, 0x756E6547, 0x6C65746E, 0x49656E69),
                leaf(1, 0x000306C3, 0x00100800, 1 << 5 | 1 << 24, LEAF_1_EDX),
                leaf(0x80000001, 0, 0, 1 << 2, 1 << 29),
                leaf(0x80000008, 0x3028, 0, 0, 0)));
        cpuid.addAll(List.of(more));
        return new HypervisorProfile("model", Set.of("x86_64"), 1024, 64, List.of(IrqchipMode.KERNEL), Set.of(),
                Optional.of(new X86Profile(cpuid, List.of(), true, 2_400_000)), Optional.empty());
    }

    public static CpuidEntry leaf(int function, int eax, int ebx, int ecx, int edx) {
        return new CpuidEntry(function, 0, false, eax, ebx, ecx, edx);
    }

    public static KernelImage file(Path directory, String name, byte[] bytes) {
        try {
            return KernelImage.open(Files.write(directory.resolve(name), bytes), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static MachineRequest request(KernelImage kernel) {
        return new MachineRequest(Optional.of(kernel), Optional.empty(), Optional.empty(), 64 * MIB, 2,
                IrqchipMode.KERNEL, new Given());
    }

    public static GuestMemory memory(MachinePlan plan, Arena arena) {
        GuestMemory memory = new GuestMemory();
        plan.memory().forEach(range -> memory.add(new GuestRegion(range.gpa(), range.sizeBytes(), range.purpose(),
                GuestRegion.HostAccess.ALL, arena.allocate(range.sizeBytes(), 4096))));
        return memory;
    }

    /// Three functions, one of them a bridge with a device behind it, and all kinds of platform devices.
    public static MachineLayout layout(String commandLine) {
        return new MachineLayout(
                List.of(new PciFunction(new PciAddress(0, 0, 0), 0, -1, 0x060000, 0),
                        new PciFunction(new PciAddress(0, 1, 0), 1, 9, 0x018000, 0),
                        new PciFunction(new PciAddress(0, 2, 0), 2, 10, 0x020000, 0),
                        new PciFunction(new PciAddress(0, 3, 0), 1, 11, 0x060400, 1),
                        new PciFunction(new PciAddress(1, 0, 0), 1, 12, 0x010802, 0)),
                List.of(node("com1", FirmwareNode.UART_16550, new Resource.Ports(0x3F8, 8),
                        new Resource.Irq(4, Trigger.EDGE)),
                        node("com2", FirmwareNode.UART_16550, new Resource.Ports(0x2F8, 8),
                                new Resource.Irq(3, Trigger.EDGE)),
                        node("clock", FirmwareNode.RTC_MC146818, new Resource.Ports(0x70, 2),
                                new Resource.Irq(8, Trigger.EDGE)),
                        node("keyboard", FirmwareNode.KEYBOARD_CONTROLLER, new Resource.Ports(0x60, 1),
                                new Resource.Ports(0x64, 1), new Resource.Irq(1, Trigger.EDGE)),
                        node("power", FirmwareNode.ACPI_POWER_MANAGEMENT, new Resource.Ports(0xC000, 72),
                                new Resource.Irq(5, Trigger.LEVEL)),
                        node("disk", FirmwareNode.VIRTIO_MMIO, new Resource.Mmio(0xD0001000L, 0x1000),
                                new Resource.Irq(16, Trigger.LEVEL)),
                        node("configuration", FirmwareNode.FW_CFG, new Resource.Ports(0x510, 12)),
                        node("flash", FirmwareNode.FLASH, new Resource.Mmio(0xFFC00000L, 0x400000))),
                commandLine);
    }

    public static PlatformNode node(String id, FirmwareNode node, Resource... resources) {
        return new PlatformNode(id, Optional.of(node), List.of(resources));
    }

    /// Options as a user gives them.
    public static final class Given implements Configuration {
        private final List<Occurrence<?>> given = new ArrayList<>();

        public <T> Given with(OptionDeclaration<T> option, T value) {
            given.add(new Occurrence<>(option, value, given.size(), "--" + option.name()));
            return this;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
            return given.stream().filter(o -> o.option().equals(option)).map(o -> (Occurrence<T>) o).toList();
        }
    }
}
