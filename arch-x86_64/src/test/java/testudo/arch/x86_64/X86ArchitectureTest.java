package testudo.arch.x86_64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.module.ModuleDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import testudo.arch.x86_64.X86Options.PciOption;
import testudo.arch.x86_64.X86Options.RangeOption;
import testudo.arch.x86_64.X86Options.SmbiosOption;
import testudo.spi.VmmException;
import testudo.spi.arch.ArchitectureProvider;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.arch.MachineRequest;
import testudo.spi.arch.PlannedMachine;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.option.Configuration;
import testudo.spi.x86.X86BootState;

class X86ArchitectureTest {
    private static final String LINE = "panic=-1 console=ttyS0";

    @TempDir private Path directory;

    private final List<KernelImage> files = new ArrayList<>();
    private final X86Architecture architecture = new X86Architecture(seed -> Arrays.fill(seed, (byte) 0x5A));
    private Arena arena = Arena.ofConfined();

    @BeforeEach
    void openArena() {
        arena = Arena.ofConfined();
    }

    @AfterEach
    void closeAll() {
        files.forEach(KernelImage::close);
        arena.close();
    }

    private KernelImage file(String name, byte[] bytes) {
        KernelImage file = Machines.file(directory, name, bytes);
        files.add(file);
        return file;
    }

    private MachineRequest request(byte[] kernel, byte[] initrd, Configuration configuration) {
        return new MachineRequest(Optional.of(file("kernel", kernel)),
                initrd.length == 0 ? Optional.empty() : Optional.of(file("initrd", initrd)), Optional.empty(),
                64 * Machines.MIB, 2, IrqchipMode.KERNEL, configuration);
    }

    private PlannedMachine plan(byte[] kernel, byte[] initrd) {
        return architecture.plan(request(kernel, initrd, new Machines.Given()), Machines.profile());
    }

    private GuestMemory loaded(PlannedMachine machine) {
        GuestMemory memory = Machines.memory(machine.plan(), arena);
        machine.load(memory, Machines.layout(LINE));
        return memory;
    }

    private static ByteBuffer read(GuestMemory memory, long gpa, int length) {
        return ByteBuffer.wrap(memory.read(gpa, length)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static X86BootState bootState(PlannedMachine machine, int vcpu) {
        return (X86BootState) machine.bootState(vcpu);
    }

    @Test
    void planPlacesMemoryAndWindows() {
        MachinePlan plan = plan(KernelBytes.bzImage().array(), new byte[0]).plan();
        assertEquals(List.of(
                new MachinePlan.MemoryRange(0, 0xA0000, Purpose.RAM),
                new MachinePlan.MemoryRange(0xA0000, 0x60000, Purpose.RESERVED),
                new MachinePlan.MemoryRange(0x100000, 0x3F00000, Purpose.RAM)), plan.memory());
        assertEquals(new Window(0xF4000000L, 0x4000000), plan.pci().configWindow());
        assertEquals(new Window(0xD0000000L, 0x24000000), plan.pci().lowWindow());
        assertEquals(1, plan.pci().rootPorts());
        assertEquals(new MachinePlan.Interrupts(24, 9, 4, 0, Map.of()), plan.interrupts());
        assertEquals(List.of("panic=-1"), plan.commandLine());
        assertEquals("Linux bzImage 6.12.0-test, 64-bit entry", plan.description());
    }

    @Test
    void linuxGetsItsZeroPage() {
        byte[] initrd = new byte[5000];
        Arrays.fill(initrd, (byte) 0x77);
        byte[] kernel = KernelBytes.bzImage().array();
        GuestMemory memory = loaded(plan(kernel, initrd));
        ByteBuffer page = read(memory, 0x7000, 0x1000);
        long initrdAt = 0x3FFE000;
        assertEquals((byte) 0xFF, page.get(0x210), "loader");
        assertEquals(0x53726448, page.getInt(0x202));
        assertEquals(0x20000, page.getInt(0x228), "command line");
        assertEquals(initrdAt, page.getInt(0x218));
        assertEquals(5000, page.getInt(0x21C));
        assertEquals(0x20800, page.getLong(0x250), "setup_data");
        assertEquals(0xE0000, page.getLong(0x70), "RSDP");
        assertEquals(6, page.get(0x1E8), "e820 entries");
        assertEquals(0x3F00000, page.getLong(0x2D0 + 2 * 20 + 8));
        assertArrayEquals((LINE + "\0").getBytes(java.nio.charset.StandardCharsets.US_ASCII), memory.read(0x20000, LINE.length() + 1));
        assertArrayEquals(initrd, memory.read(initrdAt, 5000));
        assertArrayEquals(Arrays.copyOfRange(kernel, 0x800, kernel.length), memory.read(0x200000, 0x8000));
        ByteBuffer seed = read(memory, 0x20800, 16 + 256);
        assertEquals(9, seed.getInt(8));
        assertEquals(256, seed.getInt(12));
        assertEquals(0x5A, seed.get(16 + 255));
    }

    @Test
    void firmwareTablesAreWhereKernelsLook() {
        GuestMemory memory = loaded(plan(KernelBytes.bzImage().array(), new byte[0]));
        assertEquals(0x2052545020445352L, memory.readLong(0xE0000), "RSD PTR");
        assertEquals(0x5F504D5F, memory.readInt(0x9FFF0), "_MP_");
        assertEquals(0x504D4350, memory.readInt(0x9E800), "PCMP");
        assertEquals(0x334D535F, memory.readInt(0xF0000), "_SM3");
    }

    @Test
    void pvhGetsItsStartInfo() {
        PlannedMachine machine = plan(KernelBytes.pvh().array(), new byte[4096]);
        ByteBuffer info = read(loaded(machine), 0x6000, 0x2000);
        assertEquals(0x336EC578, info.getInt(0));
        assertEquals(1, info.getInt(4), "version");
        assertEquals(1, info.getInt(12), "modules");
        assertEquals(0x6040, info.getLong(16));
        assertEquals(0x20000, info.getLong(24));
        assertEquals(0xE0000, info.getLong(32));
        assertEquals(0x7000, info.getLong(40));
        assertEquals(6, info.getInt(48));
        assertEquals(0x3FFF000, info.getLong(0x40), "initrd");
        assertEquals(4096, info.getLong(0x48));
        assertEquals(0x100000, info.getLong(0x1000 + 2 * 24));
        assertEquals(0x6000, bootState(machine, 0).entry().orElseThrow().rbx());
    }

    @Test
    void multibootGetsMemoryMapAndModule() {
        PlannedMachine machine = plan(KernelBytes.multiboot().array(), new byte[4096]);
        ByteBuffer info = read(loaded(machine), 0x6000, 0x1000);
        assertEquals(1 | 1 << 2 | 1 << 3 | 1 << 6 | 1 << 9, info.getInt(0));
        assertEquals(640, info.getInt(4));
        assertEquals(63 * 1024, info.getInt(8));
        assertEquals(6 * 24, info.getInt(44));
        assertEquals(20, info.getInt(0x100));
        assertEquals(0x3FFF000, info.getInt(0xA0));
        assertEquals(0x4000000, info.getInt(0xA4));
    }

    @Test
    void loadingAgainRestoresEverything() {
        PlannedMachine machine = plan(KernelBytes.elf64().array(), new byte[0]);
        GuestMemory memory = loaded(machine);
        byte[] low = memory.read(0, 0xA0000);
        byte[] kernel = memory.read(0x1000000, 0x4000);
        memory.slice(0x1000000, 0x4000).fill((byte) 0xEE);
        memory.slice(0x6000, 0x9A000 - 0x6000).fill((byte) 0xEE);
        machine.load(memory, Machines.layout(LINE));
        assertArrayEquals(kernel, memory.read(0x1000000, 0x4000), "with its bss");
        assertArrayEquals(Arrays.copyOfRange(low, 0x7000, 0x8000), memory.read(0x7000, 0x1000), "zero page");
        assertArrayEquals(Arrays.copyOfRange(low, 0x9000, 0xF000), memory.read(0x9000, 0x6000), "page tables");
        assertEquals(0, kernel[0x3FFF]);
    }

    @Test
    void onlyTheBootProcessorHasAnEntry() {
        PlannedMachine machine = plan(KernelBytes.bzImage().array(), new byte[0]);
        assertEquals(0x200200, bootState(machine, 0).entry().orElseThrow().rip());
        assertEquals(Optional.empty(), bootState(machine, 1).entry());
        assertEquals(bootState(machine, 0).msrs(), bootState(machine, 1).msrs());
        assertTrue(bootState(machine, 1).lint0ExtInt());
        assertTrue(bootState(machine, 0).msrs().stream().anyMatch(m -> m.index() == 0x2FF), "memory types");
    }

    @Test
    void firmwareEndsAt4GiBAndStartsAtReset() {
        byte[] image = new byte[0x10001];
        image[0] = 0x11;
        image[0x10000] = 0x22;
        PlannedMachine machine = architecture.plan(firmware(image), Machines.profile());
        assertEquals(new MachinePlan.MemoryRange(0xFFFEF000L, 0x11000, Purpose.FIRMWARE), machine.plan().memory().get(3));
        GuestMemory memory = loaded(machine);
        assertEquals(0x11, memory.read(0xFFFEFFFFL, 1)[0]);
        assertEquals(0x22, memory.read(0xFFFFFFFFL, 1)[0]);
        assertEquals(0x2052545020445352L, memory.readLong(0xE0000), "our tables");
        assertEquals(Optional.empty(), bootState(machine, 0).entry());
    }

    @Test
    void legacyBiosHasItsShadowBelow1MiB() {
        byte[] image = new byte[256 << 10];
        Arrays.fill(image, (byte) 0x33);
        byte[] reset = {(byte) 0xEA, 0x5B, (byte) 0xE0, 0, (byte) 0xF0};
        System.arraycopy(reset, 0, image, image.length - 16, 5);
        PlannedMachine machine = architecture.plan(firmware(image), Machines.profile());
        GuestMemory memory = loaded(machine);
        assertEquals(0x33333333, memory.readInt(0xE0000), "in place of our tables");
        assertArrayEquals(memory.read(0xFFFFFFF0L, 16), memory.read(0xFFFF0, 16));
        assertEquals(List.of(), machine.details().get("tables"));
    }

    private MachineRequest firmware(byte[] image) {
        return new MachineRequest(Optional.empty(), Optional.empty(), Optional.of(file("bios", image)),
                64 * Machines.MIB, 1, IrqchipMode.KERNEL, new Machines.Given());
    }

    @Test
    void allProblemsAreReportedAtOnce() {
        Configuration wrong = new Machines.Given()
                .with(X86Options.PCI, new PciOption(Optional.empty(),
                        Optional.of(new RangeOption(Optional.of(5L), Optional.empty()))))
                .with(X86Options.HWP, true)
                .with(X86Options.ROOT_PORTS, 99L)
                .with(X86Options.ACPI_TABLE, directory.resolve("missing"))
                .with(X86Options.SMBIOS, new SmbiosOption(Optional.empty(), Optional.empty(), Optional.empty(),
                        Optional.empty(), Optional.empty(), Optional.of("nonsense"), List.of()));
        MachineRequest request = new MachineRequest(Optional.empty(), Optional.of(file("initrd", new byte[1])),
                Optional.of(file("bios", new byte[15])), 64 * Machines.MIB, 255, IrqchipMode.KERNEL, wrong);
        VmmException.Config e = assertThrows(VmmException.Config.class, () -> architecture.plan(request, Machines.profile()));
        for (String part : List.of("255 vCPUs", "--initrd", "--enable-hwp", "16 to", "slots 99", "nonsense", "missing", "ECAM")) {
            assertTrue(e.problems().stream().anyMatch(p -> p.contains(part)), part + " in " + e.getMessage());
        }
        assertEquals(8, e.problems().size());
    }

    @Test
    void ramdiskThatDoesNotFitIsRefused() {
        byte[] large = new byte[(int) (50 * Machines.MIB)];
        VmmException.Config e = assertThrows(VmmException.Config.class, () -> plan(KernelBytes.bzImage().array(), large));
        assertTrue(e.getMessage().contains("initrd"), e.getMessage());
    }

    @Test
    void ramdiskMayNotOverlapWhereTheKernelRuns() {
        byte[] exact = new byte[(int) (64 * Machines.MIB - 0x1400000)];
        assertEquals("0x1400000-0x3ffffff", plan(KernelBytes.bzImage().array(), exact).details().get("initrd"));
        byte[] more = new byte[exact.length + 1];
        assertThrows(VmmException.Config.class, () -> plan(KernelBytes.bzImage().array(), more));
    }

    @Test
    void commandLineIsChecked() {
        PlannedMachine machine = plan(KernelBytes.bzImage().putInt(0x238, 10).array(), new byte[0]);
        GuestMemory memory = Machines.memory(machine.plan(), arena);
        machine.load(memory, Machines.layout("0123456789"));
        for (String line : List.of("0123456789a", "a\nb", "a\0b")) {
            assertThrows(VmmException.Config.class, () -> machine.load(memory, Machines.layout(line)), line);
        }
        assertEquals(10L, machine.details().get("commandLineLimit"));
    }

    @Test
    void windowsFollowTheOptions() {
        Configuration moved = new Machines.Given().with(X86Options.PCI_START, 0xC0000000L);
        MachinePlan plan = architecture.plan(request(KernelBytes.bzImage().array(), new byte[0], moved), Machines.profile()).plan();
        assertEquals(new Window(0xC0000000L, 0x34000000), plan.pci().lowWindow());
    }

    @Test
    void detailsNameEveryTable() {
        PlannedMachine machine = plan(KernelBytes.bzImage().array(), new byte[0]);
        loaded(machine);
        @SuppressWarnings("unchecked") List<String> tables = (List<String>) machine.details().get("tables");
        assertEquals("_MP_ 0x9fff0-0x9ffff", tables.getFirst());
        assertTrue(tables.stream().anyMatch(t -> t.startsWith("FACP 0xe")), tables.toString());
        assertEquals("0x200200", machine.details().get("entry"));
    }

    @Test
    void providerIsFoundAsAService() {
        ModuleDescriptor module = X86Architecture.class.getModule().getDescriptor();
        assertEquals(List.of(X86Architecture.class.getName()), module.provides().stream()
                .filter(p -> p.service().equals(ArchitectureProvider.class.getName()))
                .flatMap(p -> p.providers().stream()).toList());
        assertEquals("x86_64", architecture.id());
        assertEquals(architecture.options().size(), architecture.options().stream().map(o -> o.name()).distinct().count());
    }
}
