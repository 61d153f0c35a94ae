package testudo.arch.riscv64;

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
import testudo.spi.riscv.RiscvProfile;

/// Small machines for tests.
final class TestMachines {
    static final long MIB = 1L << 20;
    static final List<String> EXTENSIONS = List.of("i", "m", "a", "f", "d", "c", "zicbom", "zicboz", "zicsr", "ssaia", "sstc");

    private TestMachines() {}

    static HypervisorProfile profile() {
        return profile(Optional.of(new RiscvProfile(EXTENSIONS, 57, 10_000_000, 64, 255)));
    }

    static HypervisorProfile profile(Optional<RiscvProfile> harts) {
        return new HypervisorProfile(
                "model", Set.of("riscv64"), 64, 56, List.of(IrqchipMode.USERSPACE), Set.of(), Optional.empty(), harts);
    }

    static KernelImage file(Path directory, String name, byte[] bytes) {
        try {
            return KernelImage.open(Files.write(directory.resolve(name), bytes), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static MachineRequest request(KernelImage kernel, int vcpus) {
        return new MachineRequest(
                Optional.of(kernel), Optional.empty(), Optional.empty(), 64 * MIB, vcpus, IrqchipMode.USERSPACE, new Given());
    }

    static GuestMemory memory(MachinePlan plan, Arena arena) {
        GuestMemory memory = new GuestMemory();
        plan.memory().forEach(range -> memory.add(new GuestRegion(
                range.gpa(), range.sizeBytes(), range.purpose(), GuestRegion.HostAccess.ALL, arena.allocate(range.sizeBytes(), 4096))));
        return memory;
    }

    /// A host bridge, two functions with pins, two serial ports and a device that device trees say nothing about.
    static MachineLayout layout(String commandLine) {
        return new MachineLayout(
                List.of(new PciFunction(new PciAddress(0, 0, 0), 0, -1, 0x060000, 0),
                        new PciFunction(new PciAddress(0, 1, 0), 1, 5, 0x018000, 0),
                        new PciFunction(new PciAddress(0, 2, 1), 2, 6, 0x020000, 0)),
                List.of(node("serial1", FirmwareNode.UART_16550, 0x3F8, 1), node("serial2", FirmwareNode.UART_16550, 0x2F8, 2),
                        node("clock", FirmwareNode.RTC_GOLDFISH, 0x10_1000, 9),
                        node("rng", FirmwareNode.VIRTIO_MMIO, 0x7FFF_0000L, 56),
                        new PlatformNode("other", Optional.empty(), List.of(new Resource.Mmio(0x2000, 16)))),
                commandLine);
    }

    private static PlatformNode node(String id, FirmwareNode kind, long gpa, int gsi) {
        return new PlatformNode(
                id, Optional.of(kind), List.of(new Resource.Mmio(gpa, 8), new Resource.Irq(gsi, Trigger.LEVEL)));
    }

    /// Options as a user gives them.
    static final class Given implements Configuration {
        private final List<Occurrence<?>> given = new ArrayList<>();

        <T> Given with(OptionDeclaration<T> option, T value) {
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
