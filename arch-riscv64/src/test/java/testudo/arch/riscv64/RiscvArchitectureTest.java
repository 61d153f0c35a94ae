package testudo.arch.riscv64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.option.Configuration;
import testudo.spi.riscv.RiscvBootState;
import testudo.spi.riscv.RiscvProfile;

class RiscvArchitectureTest {
    private static final String LINE = "panic=-1 console=hvc0";

    @TempDir
    private Path directory = Path.of("");
    private final List<KernelImage> files = new ArrayList<>();
    private final Arena arena = Arena.ofConfined();
    private final RiscvArchitecture architecture = new RiscvArchitecture(seed -> Arrays.fill(seed, (byte) 0x5E));

    @AfterEach
    void close() {
        files.forEach(KernelImage::close);
        arena.close();
    }

    private KernelImage file(String name, byte[] bytes) {
        KernelImage file = TestMachines.file(directory, name, bytes);
        files.add(file);
        return file;
    }

    private MachineRequest request(byte[] kernel, byte[] initrd, Configuration configuration) {
        return new MachineRequest(
                Optional.of(file("kernel", kernel)), initrd.length == 0 ? Optional.empty() : Optional.of(file("initrd", initrd)),
                Optional.empty(), 64 * TestMachines.MIB, 2, IrqchipMode.USERSPACE, configuration);
    }

    private PlannedMachine plan(byte[] kernel, byte... initrd) {
        return architecture.plan(request(kernel, initrd, new TestMachines.Given()), TestMachines.profile());
    }

    private GuestMemory loaded(PlannedMachine machine) {
        GuestMemory memory = TestMachines.memory(machine.plan(), arena);
        machine.load(memory, TestMachines.layout(LINE));
        return memory;
    }

    private Blob tree(PlannedMachine machine, GuestMemory memory) {
        RiscvBootState state = (RiscvBootState) machine.bootState(0);
        int size = Integer.reverseBytes(memory.readInt(state.a1() + 4));
        return new Blob(memory.read(state.a1(), size));
    }

    private List<String> problems(byte[] kernel) {
        return assertThrows(VmmException.Config.class, () -> plan(kernel)).problems();
    }

    private static void assertProblem(String part, List<String> problems) {
        assertTrue(problems.stream().anyMatch(problem -> problem.contains(part)), () -> "no '%s' in %s".formatted(part, problems));
    }

    @Test
    void planPlacesEverything() {
        MachinePlan plan = plan(Kernels.image().array()).plan();
        assertEquals(List.of(new MachinePlan.MemoryRange(0x8000_0000L, 64 * TestMachines.MIB, Purpose.RAM)), plan.memory());
        assertEquals(new Window(0x3000_0000, 0x100_0000), plan.pci().configWindow());
        assertEquals(12, plan.pci().configShift());
        assertEquals(new Window(1L << 32, (1L << 46) - (1L << 32)), plan.pci().highWindow());
        assertEquals(
                new MachinePlan.Interrupts(
                        64, 5, 4, 255, Map.of("imsic", new Window(0x800_0000, 0x2000), "aplic", new Window(0x800_2000, 0x4000))),
                plan.interrupts());
        assertEquals(List.of("panic=-1"), plan.commandLine());
        assertEquals("Linux Image with EFI stub", plan.description());
    }

    @Test
    void hartsStartAtTheKernelWithTheirNumberAndTheTree() {
        PlannedMachine machine = plan(Kernels.image().array());
        RiscvBootState first = (RiscvBootState) machine.bootState(0);
        RiscvBootState second = (RiscvBootState) machine.bootState(1);
        assertEquals(0x8020_0000L, first.pc());
        assertEquals(0, first.a0());
        assertEquals(0, first.a1() % 8);
        assertTrue(first.started());
        assertEquals(1, second.a0());
        assertFalse(second.started());
    }

    @Test
    void everyKindOfFileIsLoaded() {
        byte[] image = Kernels.image().array();
        Map<String, byte[]> kinds = Map.of(
                "Linux Image with EFI stub", image,
                "Linux Image with EFI stub, gzip-compressed", Kernels.gzip(image));
        kinds.forEach((description, bytes) -> {
            PlannedMachine machine = plan(bytes);
            assertEquals(description, machine.plan().description());
            assertEquals(description, architecture.recognises(files.getLast()).orElseThrow());
            assertArrayEquals(image, loaded(machine).read(0x8020_0000L, image.length));
        });
        PlannedMachine efi = plan(Kernels.efiApplication("gzip", Kernels.gzip(image)).array());
        assertEquals("Linux Image in an EFI application", architecture.recognises(files.getLast()).orElseThrow());
        assertArrayEquals(image, loaded(efi).read(0x8020_0000L, image.length));
    }

    @Test
    void elfGoesWhereItSaysOrWhereAnImageWould() {
        for (long physical : new long[]{0x8040_0000L, 0, 0x40_0000, -0x8000_0000L}) {
            long expected = physical == 0x8040_0000L ? physical : 0x8020_0000L;
            PlannedMachine machine = plan(Kernels.elf(0xFFFF_FFFF_8000_0000L, physical).array());
            assertEquals(expected + 0x40, ((RiscvBootState) machine.bootState(0)).pc());
            GuestMemory memory = TestMachines.memory(machine.plan(), arena);
            memory.write(expected + 0x10_0000, new byte[]{1, 1});
            memory.write(expected + 0x10_0800, new byte[]{1, 1});
            machine.load(memory, TestMachines.layout(LINE));
            assertEquals(0x13, memory.read(expected + 0x40, 1)[0]);
            assertEquals(0, memory.readInt(expected + 0x10_0800)); // what the file lacks is cleared
        }
    }

    @Test
    void initrdAndTreeStandBehindTheKernel() {
        byte[] initrd = new byte[5000];
        Arrays.fill(initrd, (byte) 0x77);
        PlannedMachine machine = plan(Kernels.image().array(), initrd);
        GuestMemory memory = loaded(machine);
        Blob tree = tree(machine, memory);
        long start = tree.longs("/chosen", "linux,initrd-start").getFirst();
        assertEquals(0x8040_0000L, start);
        assertTrue(start >= 0x8020_0000L + Kernels.IMAGE_MEMORY_BYTES);
        assertEquals(start + 5000, tree.longs("/chosen", "linux,initrd-end").getFirst());
        assertArrayEquals(initrd, memory.read(start, initrd.length));
        assertEquals(0x8080_0000L, ((RiscvBootState) machine.bootState(0)).a1());
    }

    @Test
    void treeDescribesTheMachine() {
        PlannedMachine machine = plan(Kernels.image().array());
        Blob tree = tree(machine, loaded(machine));
        assertEquals(List.of(LINE), tree.texts("/chosen", "bootargs"));
        assertEquals(List.of("/soc/serial@3f8"), tree.texts("/chosen", "stdout-path"));
        assertEquals(List.of("/soc/serial@2f8"), tree.texts("/aliases", "serial1"));
        assertFalse(tree.has("/chosen", "linux,initrd-start"));
        assertEquals(List.of("google,goldfish-rtc"), tree.texts("/soc/rtc@101000", "compatible"));
        assertEquals(List.of("virtio,mmio"), tree.texts("/soc/virtio_mmio@7fff0000", "compatible"));
        assertEquals(8, tree.bytes("/chosen", "kaslr-seed").length);
        assertEquals(256, tree.bytes("/chosen", "rng-seed").length);
        assertEquals(List.of(0x8000_0000L, 64 * TestMachines.MIB), tree.longs("/memory@80000000", "reg"));
        assertEquals(List.of(10_000_000), tree.cells("/cpus", "timebase-frequency"));
        assertEquals(List.of("rv64imafdc_zicbom_zicboz_zicsr_ssaia_sstc"), tree.texts("/cpus/cpu@1", "riscv,isa"));
        assertEquals(TestMachines.EXTENSIONS, tree.texts("/cpus/cpu@1", "riscv,isa-extensions"));
        assertEquals(List.of("riscv,sv57"), tree.texts("/cpus/cpu@0", "mmu-type"));
        assertEquals(List.of(64), tree.cells("/cpus/cpu@0", "riscv,cboz-block-size"));
        assertFalse(tree.has("/cpus/cpu@0", "riscv,cbop-block-size"));
        assertFalse(tree.paths().contains("/cpus/cpu@2"));
    }

    @Test
    void treeConnectsInterrupts() {
        PlannedMachine machine = plan(Kernels.image().array());
        Blob tree = tree(machine, loaded(machine));
        int first = tree.cells("/cpus/cpu@0/interrupt-controller", "phandle").getFirst();
        int second = tree.cells("/cpus/cpu@1/interrupt-controller", "phandle").getFirst();
        assertNotEquals(first, second);
        String imsics = "/soc/interrupt-controller@8000000";
        String aplic = "/soc/interrupt-controller@8002000";
        assertEquals(List.of(first, 9, second, 9), tree.cells(imsics, "interrupts-extended"));
        assertEquals(List.of(255), tree.cells(imsics, "riscv,num-ids"));
        assertEquals(List.of(0x800_0000L, 0x2000L), tree.longs(imsics, "reg"));
        assertEquals(List.of(63), tree.cells(aplic, "riscv,num-sources"));
        assertEquals(tree.cells(imsics, "phandle"), tree.cells(aplic, "msi-parent"));
        int wires = tree.cells(aplic, "phandle").getFirst();
        assertEquals(List.of(wires, 1, 4), tree.cells("/soc/serial@3f8", "interrupts-extended"));
        String virtio = "/soc/virtio_mmio@7fff0000";
        assertEquals(List.of("virtio,mmio"), tree.texts(virtio, "compatible"));
        assertEquals(List.of(0x7FFF_0000L, 8L), tree.longs(virtio, "reg"));
        assertEquals(List.of(wires, 56, 4), tree.cells(virtio, "interrupts-extended"));
        String pci = "/soc/pci@30000000";
        assertEquals(tree.cells(imsics, "phandle"), tree.cells(pci, "msi-parent"));
        assertEquals(
                List.of(0x800, 0, 0, 1, wires, 5, 4, 0x1100, 0, 0, 2, wires, 6, 4), tree.cells(pci, "interrupt-map"));
        assertEquals(List.of(0, 15), tree.cells(pci, "bus-range"));
        assertEquals(
                List.of(0x0200_0000, 0, 0x4000_0000, 0, 0x4000_0000, 0, 0x4000_0000, 0x4300_0000, 1, 0, 1, 0, 0x3FFF, 0),
                tree.cells(pci, "ranges"));
    }

    @Test
    void treeIsWrittenToAFile() throws IOException {
        Path path = directory.resolve("tree.dtb");
        Configuration configuration = new TestMachines.Given().with(RiscvOptions.DUMP_DEVICE_TREE, path);
        PlannedMachine machine = architecture.plan(
                request(Kernels.image().array(), new byte[0], configuration), TestMachines.profile());
        loaded(machine);
        assertEquals(List.of(LINE), new Blob(Files.readAllBytes(path)).texts("/chosen", "bootargs"));
    }

    @Test
    void brokenFilesAreRefusedWithAReason() {
        Function<Kernels.Edit, byte[]> image = edit -> Kernels.edited(Kernels.image(), edit);
        assertProblem("big-endian", problems(image.apply(b -> b.put(24, (byte) 1))));
        assertProblem("the file is damaged", problems(image.apply(b -> b.putLong(8, 1L << 63))));
        assertProblem("the file is damaged", problems(image.apply(b -> b.putLong(8, 0x1000))));
        assertProblem("the file is damaged", problems(image.apply(b -> b.putLong(16, -1))));
        assertProblem("give more (--mem)", problems(image.apply(b -> b.putLong(16, 1L << 40))));
        assertProblem("give more (--mem)", problems(image.apply(b -> b.putLong(8, Long.MAX_VALUE & -0x20_0000))));
        assertProblem("is truncated", problems(Arrays.copyOf(Kernels.image().array(), 63)));
        assertProblem("unpack it with zstd -d", problems(new byte[]{0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0}));
        assertProblem("unpack it with xz -d", problems(new byte[]{(byte) 0xFD, '7', 'z', 'X', 'Z', 0}));
        assertProblem("holds no Linux Image", problems(Kernels.gzip(new byte[100])));
        assertProblem("unpacks zstd22 data", problems(Kernels.efiApplication("zstd22", new byte[10]).array()));
        assertProblem("is truncated", problems(Arrays.copyOf(
                Kernels.efiApplication("gzip", Kernels.gzip(Kernels.image().array())).array(), 0x210)));
        assertProblem("for machine 62", problems(Kernels.edited(Kernels.elf(0, 0), b -> b.putShort(18, (short) 62))));
        assertProblem("in none of its segments", problems(Kernels.edited(Kernels.elf(0, 0), b -> b.putLong(24, 0x7777_0000))));
        assertProblem("has nothing to load", problems(Kernels.edited(Kernels.elf(0, 0), b -> b.putInt(64, 6).putInt(120, 6))));
        assertProblem("overlap", problems(Kernels.edited(Kernels.elf(0, 0), b -> b.putLong(120 + 24, 0x800))));
    }

    @Test
    void gzipDataThatLiesIsRefusedWhenItIsUnpacked() {
        byte[] longer = Kernels.gzip(Kernels.image().array());
        longer[longer.length - 4] += 1;
        PlannedMachine machine = plan(longer);
        assertProblem("gzip data is damaged", assertThrows(VmmException.Config.class, () -> loaded(machine)).problems());
        byte[] flipped = Kernels.gzip(Kernels.image().array());
        flipped[flipped.length - 8] ^= 1;
        PlannedMachine other = plan(flipped);
        assertProblem("gzip data is damaged", assertThrows(VmmException.Config.class, () -> loaded(other)).problems());
    }

    @Test
    void allProblemsOfARequestAreReported() {
        MachineRequest wrong = new MachineRequest(
                Optional.of(file("kernel", new byte[100])), Optional.empty(), Optional.of(file("bios", new byte[16])),
                64 * TestMachines.MIB, 65, IrqchipMode.USERSPACE, new TestMachines.Given());
        List<String> problems = assertThrows(
                VmmException.Config.class,
                () -> architecture.plan(wrong, TestMachines.profile(Optional.of(
                        new RiscvProfile(TestMachines.EXTENSIONS, 39, 1, 0, 0))))).problems();
        assertProblem("65 vCPUs: 1 to 64", problems);
        assertProblem("have no firmware", problems);
        assertProblem("no Advanced Interrupt Architecture", problems);
        assertProblem("of an unknown format", problems);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        byte[] initrd = new byte[(int) (62 * TestMachines.MIB)];
        assertProblem("initrd", assertThrows(
                VmmException.Config.class, () -> plan(Kernels.image().array(), initrd)).problems());
        assertProblem("device tree", assertThrows(
                VmmException.Config.class,
                () -> plan(Kernels.image().array(), Arrays.copyOf(initrd, initrd.length - 0x20_0000))).problems());
        PlannedMachine machine = plan(Kernels.image().array());
        GuestMemory memory = TestMachines.memory(machine.plan(), arena);
        assertProblem("1024 bytes", assertThrows(
                VmmException.Config.class, () -> machine.load(memory, TestMachines.layout("x".repeat(1024)))).problems());
        assertProblem("newline", assertThrows(
                VmmException.Config.class, () -> machine.load(memory, TestMachines.layout("a\nb"))).problems());
    }
}
