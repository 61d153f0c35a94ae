package testudo.arch.x86_64.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.arch.x86_64.boot.BootImage.Limits;
import testudo.arch.x86_64.boot.BootImage.Protocol;
import testudo.spi.x86.X86BootState.Entry;

class BootRegistersTest {
    private static final long TABLES = 0x9000;

    private static Entry entry(Protocol protocol) {
        return BootRegisters.entry(new BootImage(
                "", protocol, 0x1000000, List.of(), new Limits(0, 0, 0), Optional.empty()));
    }

    /// Walks the tables as a processor does.
    private static long translate(ByteBuffer tables, long address) {
        long pml4e = tables.getLong((int) (address >>> 39 & 511) * 8);
        long pdpte = tables.getLong((int) ((pml4e & ~0xFFF) - TABLES) + (int) (address >>> 30 & 511) * 8);
        long pde = tables.getLong((int) ((pdpte & ~0xFFF) - TABLES) + (int) (address >>> 21 & 511) * 8);
        assertEquals(3, pml4e & 0xFFF);
        assertEquals(3, pdpte & 0xFFF);
        assertEquals(0x83, pde & 0xFFF);
        return (pde & ~0x1FFFFF) + (address & 0x1FFFFF);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 0x1FFFFF, 0x200000, 0x3FFFFFFF, 0x40000000, 0xFFFFFFFFL})
    void first4GiBMapToThemselves(long address) {
        ByteBuffer tables = ByteBuffer.wrap(BootRegisters.pageTables()).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x6000, tables.capacity());
        assertEquals(address, translate(tables, address));
        assertEquals(0, tables.getLong(8), "nothing above 512 GiB");
        assertEquals(0, tables.getLong(0x1000 + 4 * 8), "nothing above 4 GiB");
    }

    @Test
    void descriptorsAreFlat() {
        ByteBuffer gdt = ByteBuffer.wrap(BootRegisters.gdt(Protocol.LINUX_64)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x00AF9B000000FFFFL, gdt.getLong(0x10), "64-bit code");
        assertEquals(0x00CF93000000FFFFL, gdt.getLong(0x18), "data");
        assertEquals(0x008F8B000000FFFFL, gdt.getLong(0x20), "TSS");
        ByteBuffer flat = ByteBuffer.wrap(BootRegisters.gdt(Protocol.PVH)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x00CF9B000000FFFFL, flat.getLong(0x10), "32-bit code");
    }

    @Test
    void linuxStartsInLongMode() {
        Entry entry = entry(Protocol.LINUX_64);
        assertEquals(0x1000000, entry.rip());
        assertEquals(0x8000, entry.rsp());
        assertEquals(0x7000, entry.rsi());
        assertEquals(0x80000001L, entry.system().cr0());
        assertEquals(0x9000, entry.system().cr3());
        assertEquals(0x20, entry.system().cr4());
        assertEquals(0x500, entry.system().efer());
        assertEquals(0x10, entry.system().cs().selector());
        assertEquals(0xA09B, entry.system().cs().attributes());
        assertEquals(47, entry.system().gdtLimit());
    }

    @Test
    void pvhStartsFlatWithTheStartInfoInEbx() {
        Entry entry = entry(Protocol.PVH);
        assertEquals(0x6000, entry.rbx());
        assertEquals(1, entry.system().cr0());
        assertEquals(0, entry.system().efer() | entry.system().cr3() | entry.system().cr4());
        assertEquals(0xC09B, entry.system().cs().attributes());
        assertEquals(-1, entry.system().cs().limit());
        assertEquals(39, entry.system().gdtLimit());
    }

    @Test
    void multibootHasItsMagicInEax() {
        assertEquals(0x2BADB002L, entry(Protocol.MULTIBOOT).rax());
        assertEquals(0x6000, entry(Protocol.MULTIBOOT).rbx());
        assertTrue(entry(Protocol.LINUX_32).rsi() == 0x7000 && entry(Protocol.LINUX_32).system().cr0() == 1);
    }
}
