package testudo.arch.x86_64.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.arch.x86_64.layout.PciWindows.Wish;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan.Window;

class MemoryMapTest {
    private static final long MIB = 1L << 20;
    private static final PciWindows DEFAULT = PciWindows.of(Wish.NONE, Wish.NONE);

    private static List<String> e820(long memoryBytes, long firmwareBytes) {
        return MemoryMap.of(memoryBytes, DEFAULT, firmwareBytes, 40).e820().stream().map(E820Entry::toString).toList();
    }

    @Test
    void memoryMapOf256MiB() {
        assertEquals(List.of(
                "0x0-0x9ffff ram",
                "0xa0000-0xfffff reserved",
                "0x100000-0xfffffff ram",
                "0xf4000000-0xf7ffffff reserved",
                "0x100000000-0x107ffffff reserved",
                "0xfeffc000-0xfeffffff reserved"), e820(256 * MIB, 0));
    }

    @Test
    void memoryUpToTheSplitStaysBelow() {
        assertEquals("0x100000-0xcfffffff ram", e820(0xD0000000L, 0).get(2));
        assertEquals(6, e820(0xD0000000L, 0).size());
    }

    @Test
    void onePageMoreContinuesAt4GiB() {
        assertEquals("0x100000000-0x100000fff ram", e820(0xD0001000L, 0).get(3));
        assertEquals("0x100200000-0x1081fffff reserved", e820(0xD0001000L, 0).get(5));
    }

    @Test
    void memoryMapOf6GiBWithFirmware() {
        assertEquals(List.of(
                "0x0-0x9ffff ram",
                "0xa0000-0xfffff reserved",
                "0x100000-0xcfffffff ram",
                "0xfffc0000-0xffffffff reserved",
                "0x100000000-0x1afffffff ram",
                "0xf4000000-0xf7ffffff reserved",
                "0x1b0000000-0x1b7ffffff reserved",
                "0xfeffc000-0xfeffffff reserved"), e820(6144 * MIB, 0x3FFFF));
    }

    @Test
    void highWindowGoesUpToTheAddressWidth() {
        assertEquals(new Window(0x108000000L, (1L << 40) - 0x108000000L),
                MemoryMap.of(256 * MIB, DEFAULT, 0, 40).high());
        assertEquals(1L << 46, MemoryMap.of(256 * MIB, DEFAULT, 0, 52).high().end());
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE, 1L << 50, 3 * 1024 * 1024, 0x10000001})
    void impossibleSizesAreRefused(long memoryBytes) {
        assertThrows(VmmException.Config.class, () -> MemoryMap.of(memoryBytes, DEFAULT, 0, 36));
    }

    @Test
    void noMemoryFitsInto32Bits() {
        assertThrows(VmmException.Config.class, () -> MemoryMap.of(256 * MIB, DEFAULT, 0, 32));
    }

    @Test
    void kernelsGoToMemoryAbove1MiBOnly() {
        MemoryMap map = MemoryMap.of(6144 * MIB, DEFAULT, 0, 40);
        assertTrue(map.holdsKernel(0x100000, 1));
        assertTrue(map.holdsKernel(0x1AFFFFFFFL, 1));
        assertFalse(map.holdsKernel(0x1AFFFFFFFL, 2));
        assertFalse(map.holdsKernel(0xFFFFF, 2));
        assertFalse(map.holdsKernel(0xCFFFFFFFL, 2), "across the hole");
        assertFalse(map.holdsKernel(Long.MIN_VALUE, 1));
        assertFalse(map.holdsKernel(0x100000, Long.MAX_VALUE));
        assertFalse(map.holdsKernel(0x100000, -1));
    }

    @ParameterizedTest
    @CsvSource({
            "4096, 0x200000, 0x37FFFFFF, 0xFFFF000", // the top of 256 MiB
            "4097, 0x200000, 0x37FFFFFF, 0xFFFE000",
            "4096, 0x200000, 0x7FFFFFF, 0x7FFF000", // the kernel's limit
            "0xFD00000, 0x200000, 0x37FFFFFF, 0x300000",
            "0xFE00001, 0x200000, 0x37FFFFFF, -1",
            "0x7FFFFFFFFFFFFFFF, 0x100000, 0x7FFFFFFFFFFFFFFE, -1",
    })
    void ramdiskGoesToTheHighestPlace(String size, String from, String max, String expected) {
        MemoryMap map = MemoryMap.of(256 * MIB, DEFAULT, 0, 40);
        assertEquals(Long.decode(expected), map.highestPlace(Long.decode(size), Long.decode(from), Long.decode(max)));
    }

    @Test
    void defaultWindows() {
        assertEquals(new Window(0xF4000000L, 0x4000000), DEFAULT.ecam());
        assertEquals(new Window(0xD0000000L, 0x24000000), DEFAULT.low());
        assertEquals(0xD0000000L, DEFAULT.ramLimit());
    }

    @Test
    void windowsCanBeMoved() {
        PciWindows windows = PciWindows.of(wish(0xB0000000L, 0x10000000), wish(0xC0000000L, -1));
        assertEquals(0xB0000000L, windows.ramLimit());
        assertEquals(new Window(0xC0000000L, 0x38000000), windows.low());
    }

    @ParameterizedTest
    @CsvSource({
            "0xF4000001, 0x4000000", "0xF5000000, 0x4000000", "0xF4000000, 0x4000001", "0, 0x4000000",
            "0xF0000000, 0x20000000", "0xFE000000, 0x2000000", "0x7FFFFFFFFFF00000, 0x100000", "-0x100000, 0x100000",
            "0xF4000000, 0", "0xF4000000, -0x100000",
    })
    void badEcamIsRefused(String start, String size) {
        assertThrows(VmmException.Config.class,
                () -> PciWindows.of(wish(Long.decode(start), Long.decode(size), true), Wish.NONE));
    }

    @ParameterizedTest
    @CsvSource({
            "0xD0000001, 0x1000", "0, 0x1000", "0xFEC00000, 0x1000", "0xD0000000, 0x40000000", "0xD0000000, 0",
            "0xD0000000, 0x7FFFFFFFFFFFF000", "0xF4000000, 0x4000000", "-0x100000, 0x1000",
    })
    void badMemoryWindowIsRefused(String start, String size) {
        assertThrows(VmmException.Config.class,
                () -> PciWindows.of(Wish.NONE, wish(Long.decode(start), Long.decode(size), true)));
    }

    private static Wish wish(long start, long size) {
        return wish(start, size, size >= 0);
    }

    private static Wish wish(long start, long size, boolean hasSize) {
        return new Wish(OptionalLong.of(start), hasSize ? OptionalLong.of(size) : OptionalLong.empty());
    }
}
