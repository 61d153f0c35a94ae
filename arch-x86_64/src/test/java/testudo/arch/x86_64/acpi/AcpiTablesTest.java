package testudo.arch.x86_64.acpi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.arch.x86_64.Machines;
import testudo.arch.x86_64.acpi.AcpiTables.Placed;
import testudo.spi.VmmException;
import testudo.spi.arch.KernelImage;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

class AcpiTablesTest {
    private static final PciHost HOST = new PciHost(0xCF8, new Window(0xF4000000L, 0x4000000), 12,
            new Window(0xD000, 0x3000), new Window(0xD0000000L, 0x24000000), new Window(0x108000000L, 0xFEF8000000L),
            0x8086, 0x1237, 1);

    @TempDir private Path directory;

    private static MachineView machine(MachineLayout layout) {
        return new MachineView(3, HOST, layout, false);
    }

    private static MachineView full() {
        return machine(Machines.layout(""));
    }

    private static MachineView bare() {
        return machine(new MachineLayout(List.of(), List.of(), ""));
    }

    private static UserTables none() {
        return UserTables.read(List.of());
    }

    private static ByteBuffer table(AcpiTables tables, String signature) {
        Placed place = tables.placed().stream().filter(p -> p.signature().equals(signature)).findFirst().orElseThrow();
        int at = (int) (place.gpa() - 0xE0000);
        return ByteBuffer.wrap(Arrays.copyOfRange(tables.image(), at, at + place.sizeBytes()))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static int sum(ByteBuffer table, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += table.get(i);
        }
        return sum & 0xFF;
    }

    private UserTables user(byte[]... tables) {
        List<KernelImage> files = new java.util.ArrayList<>();
        try {
            for (byte[] table : tables) {
                files.add(Machines.file(directory, "user" + files.size(), table));
            }
            return UserTables.read(files);
        } finally {
            files.forEach(KernelImage::close);
        }
    }

    @Test
    void everyTableAddsUpToZeroAndIsAligned() {
        AcpiTables tables = AcpiTables.of(full(), none());
        for (Placed place : tables.placed()) {
            assertEquals(0, place.gpa() % 64, place.toString());
            if (!place.signature().equals("FACS")) {
                assertEquals(0, sum(table(tables, place.signature()), place.sizeBytes()), place.toString());
            }
        }
        assertEquals(0, sum(table(tables, "RSDP"), 20));
        assertEquals(0xE0000, tables.placed().getFirst().gpa());
    }

    @Test
    void rootPointsToTheListAndTheListToTheTables() {
        AcpiTables tables = AcpiTables.of(full(), none());
        ByteBuffer rsdp = table(tables, "RSDP");
        Placed xsdt = tables.placed().getLast();
        assertEquals("XSDT", xsdt.signature());
        assertEquals(2, rsdp.get(15));
        assertEquals(xsdt.gpa(), rsdp.getLong(24));
        ByteBuffer list = table(tables, "XSDT");
        List<Long> addresses = Stream.of(36, 44, 52).map(list::getLong).toList();
        List<Long> expected = Stream.of("FACP", "APIC", "MCFG")
                .map(s -> tables.placed().stream().filter(p -> p.signature().equals(s)).findFirst().orElseThrow().gpa())
                .toList();
        assertEquals(expected, addresses);
    }

    @Test
    void fixedTableHasThePowerManagementRegisters() {
        ByteBuffer fadt = table(AcpiTables.of(full(), none()), "FACP");
        assertEquals(276, fadt.getInt(4));
        assertEquals(6, fadt.get(8));
        assertEquals(5, fadt.getShort(46), "SCI");
        assertEquals(0xC000, fadt.getInt(56), "PM1a event");
        assertEquals(0xC004, fadt.getInt(64), "PM1a control");
        assertEquals(0xC008, fadt.getInt(80), "GPE0");
        assertEquals(List.of(4, 2, 64), Stream.of(88, 89, 92).map(at -> (int) fadt.get(at)).toList(), "lengths");
        assertEquals(1 | 1 << 10, fadt.getInt(112), "WBINVD, RESET_REG; fixed power and sleep buttons");
        assertEquals(0xCF9, fadt.getLong(120));
        assertEquals(6, fadt.get(128));
        assertEquals(1 | 2 | 4, fadt.getShort(109), "legacy devices, keyboard controller, no VGA");
        assertEquals(0x32, fadt.get(108), "century");
    }

    @Test
    void machineWithoutPowerManagementIsHardwareReduced() {
        ByteBuffer fadt = table(AcpiTables.of(bare(), none()), "FACP");
        assertEquals(1 | 1 << 10 | 1 << 20, fadt.getInt(112));
        assertEquals(0, fadt.getLong(132), "no FACS");
        assertEquals(4 | 1 << 5, fadt.getShort(109), "no VGA, no CMOS clock");
    }

    @Test
    void keyboardControllerWithoutInterruptIsNotAnnounced() {
        MachineView machine = machine(new MachineLayout(List.of(), List.of(Machines.node(
                "reset", FirmwareNode.KEYBOARD_CONTROLLER, new Resource.Ports(0x64, 1))), ""));
        ByteBuffer fadt = table(AcpiTables.of(machine, none()), "FACP");
        assertEquals(0, fadt.getShort(109) & 3);
        String dsdt = new String(table(AcpiTables.of(machine, none()), "DSDT").array(), StandardCharsets.ISO_8859_1);
        assertFalse(dsdt.contains("KBD0"));
    }

    @Test
    void suspendToIdleIsAnnounced() {
        MachineView machine = new MachineView(1, HOST, Machines.layout(""), true);
        assertEquals(1 << 21, table(AcpiTables.of(machine, none()), "FACP").getInt(112) & 1 << 21);
    }

    @Test
    void controllerTableListsProcessorsAndOverrides() {
        ByteBuffer madt = table(AcpiTables.of(full(), none()), "APIC");
        assertEquals(0xFEE00000, madt.getInt(36));
        assertEquals(1, madt.getInt(40), "PCAT_COMPAT");
        assertEquals(0x08_00 | 2 << 16 | 2 << 24, madt.getInt(44 + 16), "third local APIC");
        assertEquals(0xFEC00000, madt.getInt(44 + 24 + 4));
        int sci = 44 + 24 + 12;
        assertEquals(List.of(2, 10, 0, 5), Stream.of(0, 1, 2, 3).map(i -> (int) madt.get(sci + i)).toList());
        assertEquals(0x0D, madt.getShort(sci + 8), "SCI: active high, level");
        assertEquals(9, madt.getInt(sci + 10 + 4));
        assertEquals(0x0F, madt.getShort(sci + 10 + 8), "PCI: active low, level");
        assertEquals(sci + 5 * 10 + 6, madt.capacity());
    }

    @Test
    void configurationSpaceHas64Buses() {
        ByteBuffer mcfg = table(AcpiTables.of(full(), none()), "MCFG");
        assertEquals(0xF4000000L, mcfg.getLong(44));
        assertEquals(63, mcfg.get(55));
    }

    @Test
    void ownTablesReplaceOrJoinOurs() {
        byte[] dsdt = AcpiTable.of("DSDT", 2, new byte[4]);
        byte[] ssdt = AcpiTable.of("SSDT", 2, Aml.name("USER", Aml.integer(7)));
        byte[] madt = AcpiTable.of("APIC", 3, Aml.join(new byte[8], Aml.bytes(2, 10, 0, 7, 7, 0, 0, 0, 5, 0), Aml.bytes(0, 99)));
        AcpiTables tables = AcpiTables.of(full(), user(dsdt, ssdt, madt));
        assertEquals(ByteBuffer.wrap(dsdt), table(tables, "DSDT").rewind());
        assertEquals(ByteBuffer.wrap(ssdt), table(tables, "SSDT").rewind());
        ByteBuffer ours = table(tables, "APIC");
        int last = ours.capacity() - 6 - 10;
        assertEquals(7, ours.get(last + 3));
        assertEquals(5, ours.getShort(last + 8), "the user's flags");
    }

    @Test
    void ownFixedTableKeepsItsFlagsAndGetsReset() {
        byte[] body = new byte[208];
        body[112 - 36] = 0x30;
        AcpiTables tables = AcpiTables.of(full(), user(AcpiTable.of("FACP", 3, body)));
        ByteBuffer fadt = table(tables, "FACP");
        assertEquals(0x30 | 1 << 10, fadt.getInt(112));
        assertEquals(0, sum(fadt, fadt.capacity()));
        assertEquals(tables.placed().stream().filter(p -> p.signature().equals("DSDT")).findFirst().orElseThrow().gpa(),
                fadt.getLong(140));
    }

    @Test
    void brokenTablesAreAllNamed() {
        byte[] checksum = AcpiTable.of("SSDT", 2, new byte[4]);
        checksum[9]++;
        byte[] length = AcpiTable.of("SSDT", 2, new byte[4]);
        length[4]++;
        byte[] small = AcpiTable.of("FACP", 2, new byte[4]);
        byte[] text = "DefinitionBlock (\"\", \"SSDT\", 2, \"A\", \"B\", 1) {}".getBytes(StandardCharsets.US_ASCII);
        byte[] root = AcpiTable.of("XSDT", 1, new byte[8]);
        byte[] good = AcpiTable.of("DSDT", 1, new byte[8]);
        VmmException.Config e = assertThrows(VmmException.Config.class,
                () -> user(checksum, length, small, text, root, good, good, new byte[3]));
        assertEquals(7, e.problems().size(), e.getMessage());
    }

    @Test
    void tablesThatDoNotFitAreRefused() {
        byte[] large = AcpiTable.of("SSDT", 2, new byte[60000]);
        UserTables user = user(large, large);
        assertThrows(VmmException.Config.class, () -> AcpiTables.of(full(), user));
    }

    @ParameterizedTest
    @ValueSource(strings = {"DSDT", "FACP", "APIC", "MCFG"})
    void compilerReadsAndRewritesEachTable(String signature) throws Exception {
        assumeTrue(hasCompiler(), "needs iasl (package acpica-tools)");
        for (MachineView machine : List.of(full(), bare())) {
            ByteBuffer table = table(AcpiTables.of(machine, none()), signature);
            Files.write(directory.resolve("table.aml"), table.array());
            String decompiled = run("iasl", "-d", "table.aml");
            assertFalse(decompiled.contains("Warning") || decompiled.contains("Error"), decompiled);
            String compiled = run("iasl", "-we", "-p", "again", "table.dsl");
            if (signature.equals("DSDT")) {
                assertTrue(compiled.contains("0 Errors, 0 Warnings"), compiled + Files.readString(directory.resolve("table.dsl")));
            }
            assertFalse(compiled.contains("Error  "), compiled);
        }
    }

    private static boolean hasCompiler() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "iasl")));
    }

    private String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
