package testudo.arch.riscv64;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import testudo.arch.riscv64.boot.BootImage;
import testudo.arch.riscv64.boot.BootImage.Segment;
import testudo.arch.riscv64.fdt.DeviceTree;
import testudo.arch.riscv64.fdt.GuestView;
import testudo.arch.riscv64.layout.MemoryMap;
import testudo.spi.VmmException;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.arch.MachinePlan.MemoryRange;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.BootState;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.riscv.RiscvBootState;
import testudo.spi.riscv.RiscvProfile;

/// A planned RISC-V machine.
final class RiscvMachine implements PlannedMachine {
    private static final int NO_PORTS = -1;
    private static final int ECAM_SHIFT = 12;
    private static final int INTEL = 0x8086;
    private static final int HOST_BRIDGE = 0x1237;
    /// APLIC sources 1 to 63: serial ports have the first four, PCI the next, the rest is free for platform devices.
    private static final int PINS = 64;
    private static final int FIRST_PCI_PIN = 5;
    private static final int PCI_PINS = 4;
    /// `COMMAND_LINE_SIZE` of Linux for RISC-V, without the NUL.
    private static final int COMMAND_LINE_BYTES = 1023;
    private static final int SEED_BYTES = 8 + 256;

    private final MachineRequest request;
    private final Parts parts;
    private final Consumer<byte[]> entropy;
    private final MachinePlan plan;

    /// What was found out.
    /// @param map where things are
    /// @param harts what the harts can do
    /// @param kernel the kernel
    /// @param placement what stands behind it
    record Parts(MemoryMap map, RiscvProfile harts, BootImage kernel, Placement placement) {}

    RiscvMachine(MachineRequest request, Parts parts, Consumer<byte[]> entropy) {
        this.request = request;
        this.parts = parts;
        this.entropy = entropy;
        MemoryMap map = parts.map();
        PciHost pci = new PciHost(
                NO_PORTS, map.config(), ECAM_SHIFT, new Window(0, 0), map.low(), map.high(), INTEL, HOST_BRIDGE, 0);
        this.plan = new MachinePlan(
                "riscv64",
                List.of(new MemoryRange(MemoryMap.RAM, map.memoryBytes(), Purpose.RAM)),
                pci,
                new Interrupts(PINS, FIRST_PCI_PIN, PCI_PINS, parts.harts().interruptIdentities(), map.interruptRegisters()),
                List.of("panic=-1"),
                parts.kernel().description());
    }

    @Override
    public MachinePlan plan() {
        return plan;
    }

    @Override
    public void load(GuestMemory memory, MachineLayout layout) {
        checkCommandLine(layout.commandLine());
        byte[] tree = deviceTree(layout);
        for (Segment segment : parts.kernel().segments()) {
            MemorySegment place = memory.slice(segment.gpa(), segment.memoryBytes());
            segment.source().copyTo(place.asSlice(0, segment.fileBytes()));
            place.asSlice(segment.fileBytes()).fill((byte) 0);
        }
        parts.placement().initrd().ifPresent(
                initrd -> initrd.file().readFully(0, memory.slice(initrd.gpa(), initrd.file().sizeBytes())));
        memory.write(parts.placement().tree().start(), tree);
        request.configuration().value(RiscvOptions.DUMP_DEVICE_TREE).ifPresent(path -> dump(path, tree));
    }

    @Override
    public BootState bootState(int vcpu) {
        return new RiscvBootState(parts.kernel().entry(), vcpu, parts.placement().tree().start(), vcpu == 0);
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("boot", plan.description());
        details.put("entry", "0x%x".formatted(parts.kernel().entry()));
        details.put("segments", parts.kernel().segments().stream().map(s -> range(new Window(s.gpa(), s.memoryBytes()))).toList());
        details.put("commandLineLimit", (long) COMMAND_LINE_BYTES);
        parts.placement().initrd().ifPresent(initrd -> details.put("initrd", range(initrd.window())));
        details.put("deviceTree", "0x%x".formatted(parts.placement().tree().start()));
        details.put("ecam", range(plan.pci().configWindow()));
        details.put("lowWindow", range(plan.pci().lowWindow()));
        details.put("highWindow", range(plan.pci().highWindow()));
        details.put("imsic", range(parts.map().imsic()));
        details.put("aplic", range(parts.map().aplic()));
        details.put("extensions", parts.harts().extensions());
        return details;
    }

    private byte[] deviceTree(MachineLayout layout) {
        byte[] seed = new byte[SEED_BYTES];
        entropy.accept(seed);
        byte[] tree = DeviceTree.of(
                new GuestView(
                        request.vcpus(),
                        parts.harts(),
                        new Window(MemoryMap.RAM, parts.map().memoryBytes()),
                        plan,
                        layout,
                        parts.placement().initrd().map(Placement.Initrd::window)),
                seed);
        if (tree.length > parts.placement().tree().sizeBytes()) {
            throw new VmmException.Config("the device tree has %d bytes, there is room for %d; leave devices out"
                    .formatted(tree.length, parts.placement().tree().sizeBytes()));
        }
        return tree;
    }

    private static void checkCommandLine(String line) {
        int bytes = line.getBytes(StandardCharsets.UTF_8).length;
        List<String> problems = new ArrayList<>();
        if (bytes > COMMAND_LINE_BYTES) {
            problems.add("the kernel command line has %d bytes, %s kernels take %d; shorten --params"
                    .formatted(bytes, "riscv64", COMMAND_LINE_BYTES));
        }
        if (line.chars().anyMatch(c -> c == 0 || c == '\n' || c == '\r')) {
            problems.add("the kernel command line has a NUL or newline character; remove it from --params");
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
    }

    private static void dump(Path path, byte[] tree) {
        try {
            Files.write(path, tree);
        } catch (IOException e) {
            throw new VmmException.Host(
                    VmmException.Kind.IO, "cannot write the device tree to %s: %s (--dump-device-tree-blob)".formatted(path, e), e);
        }
    }

    private static String range(Window window) {
        return "0x%x-0x%x".formatted(window.start(), window.end() - 1);
    }
}
