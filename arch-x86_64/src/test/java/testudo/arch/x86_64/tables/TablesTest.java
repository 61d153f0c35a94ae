package testudo.arch.x86_64.tables;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import testudo.arch.x86_64.Machines;
import testudo.arch.x86_64.tables.Smbios.Identity;
import testudo.spi.VmmException;
import testudo.spi.arch.MachineLayout.PciFunction;
import testudo.spi.pci.PciAddress;

class TablesTest {
    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

    private static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] table(int vcpus) {
        return MpTable.table(vcpus, 5, Machines.layout("").pci()).orElseThrow();
    }

    private static int sum(byte[] bytes, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        return sum & 0xFF;
    }

    /// The interrupt entries for I/O APIC pins as `flags bus source pin`.
    private static List<String> interrupts(ByteBuffer table) {
        List<String> found = new ArrayList<>();
        for (int at = 44; at < table.capacity(); at += table.get(at) == 0 ? 20 : 8) {
            if (table.get(at) == 3) {
                found.add("%d %d %d %d".formatted(table.getShort(at + 2), table.get(at + 4), table.get(at + 5), table.get(at + 7)));
            }
        }
        return found;
    }

    @Test
    void mpTableIsWellFormed() {
        byte[] table = table(3);
        assertEquals("PCMP", new String(table, 0, 4, StandardCharsets.US_ASCII));
        assertEquals(table.length, buffer(table).getShort(4));
        assertEquals(0, sum(table, table.length));
        assertEquals(0xFEE00000, buffer(table).getInt(36));
        assertEquals(3, table[44 + 3], "boot processor, enabled");
        assertEquals(1, table[44 + 20 + 3]);
        int entries = 0;
        for (int at = 44; at < table.length; at += table[at] == 0 ? 20 : 8) {
            entries++;
        }
        assertEquals(entries, buffer(table).getShort(34));
    }

    @Test
    void mpInterruptsFollowTheLayout() {
        List<String> interrupts = interrupts(buffer(table(1)));
        int isa = 2;
        assertTrue(interrupts.containsAll(List.of("0 2 0 0", "0 2 4 4", "13 2 5 5", "0 2 8 8")), interrupts.toString());
        assertTrue(interrupts.containsAll(List.of("15 0 4 9", "15 0 9 10", "15 0 12 11", "15 1 0 12")), interrupts.toString());
        assertTrue(interrupts.stream().noneMatch(i -> i.endsWith(" %d 9 9".formatted(isa))), "9 belongs to PCI");
    }

    @Test
    void largestMpTableFitsItsWindow() {
        assertTrue(table(254).length < 0x17F0);
    }

    @Test
    void mpTableThatDoesNotFitIsLeftOut() {
        List<PciFunction> many = new ArrayList<>();
        for (int device = 0; device < 128; device++) {
            many.add(new PciFunction(new PciAddress(device / 32, device % 32, 0), 1, 16, 0, 0));
        }
        assertEquals(Optional.empty(), MpTable.table(254, 5, many));
    }

    @Test
    void floatingPointerLeadsToTheTable() {
        byte[] pointer = MpTable.floatingPointer();
        assertEquals("_MP_", new String(pointer, 0, 4, StandardCharsets.US_ASCII));
        assertEquals(0x9E800, buffer(pointer).getInt(4));
        assertEquals(0, sum(pointer, 16));
    }

    private static Identity identity(String serial, String... oemStrings) {
        return new Identity(List.of("Vendor", "0"), List.of("Maker", "Thing", serial), ID, List.of(oemStrings));
    }

    @Test
    void smbiosEntryPoint() {
        byte[] tables = Smbios.tables(identity("S1"), 0);
        assertEquals("_SM3_", new String(tables, 0, 5, StandardCharsets.US_ASCII));
        assertEquals(0, sum(tables, 24));
        assertEquals(3, tables[7]);
        assertEquals(2, tables[8]);
        assertEquals(tables.length - 24, buffer(tables).getInt(12));
        assertEquals(0xF0018, buffer(tables).getLong(16));
    }

    @Test
    void smbiosStructures() {
        byte[] tables = Smbios.tables(identity("S1", "one", "two"), 256 << 10);
        int at = 24;
        assertEquals(0, tables[at]);
        assertEquals(24, tables[at + 1]);
        assertEquals(3, tables[at + 9], "256 KiB of firmware");
        assertEquals(1 << 7, buffer(tables).getLong(at + 10));
        assertEquals(1 << 4, tables[at + 19], "virtual machine");
        int system = at + 24 + "Vendor\0".length() + "0\0\0".length();
        assertEquals(1, tables[system]);
        assertEquals(27, tables[system + 1]);
        assertEquals(List.of(1, 2, 0, 3), List.of((int) tables[system + 4], (int) tables[system + 5],
                (int) tables[system + 6], (int) tables[system + 7]));
        assertArrayEquals(new byte[]{0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, (byte) 0x88, (byte) 0x99, (byte) 0xAA,
                (byte) 0xBB, (byte) 0xCC, (byte) 0xDD, (byte) 0xEE, (byte) 0xFF},
                java.util.Arrays.copyOfRange(tables, system + 8, system + 24));
        String rest = new String(tables, system + 27, tables.length - system - 27, StandardCharsets.ISO_8859_1);
        assertEquals("Maker\0Thing\0S1\0\0" + "\13\5\2\0\2" + "one\0two\0\0" + "\177\4\3\0\0\0", rest);
    }

    @Test
    void missingSerialNumberHasNoString() {
        byte[] tables = Smbios.tables(identity(""), 0);
        int system = 24 + 24 + "Vendor\0".length() + "0\0\0".length();
        assertEquals(0, tables[system + 7]);
        assertEquals("Maker\0Thing\0\0", new String(tables, system + 27, 13, StandardCharsets.US_ASCII));
    }

    @Test
    void badStringsAreRefused() {
        assertThrows(VmmException.Config.class, () -> Smbios.tables(identity("a\0b"), 0));
        assertThrows(VmmException.Config.class, () -> Smbios.tables(identity("", "x".repeat(70000)), 0));
        assertThrows(VmmException.Config.class, () -> Smbios.tables(identity("", ""), 0));
        String[] many = Collections.nCopies(256, "x").toArray(String[]::new);
        assertThrows(VmmException.Config.class, () -> Smbios.tables(identity("", many), 0));
    }
}
