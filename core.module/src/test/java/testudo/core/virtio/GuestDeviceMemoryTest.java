package testudo.core.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;
import testudo.spi.memory.GuestRegion.Purpose;

class GuestDeviceMemoryTest {
    private static final long PAGE = 0x1000;

    private final Arena arena = Arena.ofConfined();
    private final GuestMemory memory = new GuestMemory();
    private final DeviceMemory.Cursor cursor = new GuestDeviceMemory(memory, (gpa, size) -> {}).cursor();

    @AfterEach
    void release() {
        arena.close();
    }

    private GuestRegion add(long gpa, Purpose purpose) {
        GuestRegion region = new GuestRegion(gpa, PAGE, purpose, HostAccess.ALL, arena.allocate(PAGE));
        memory.add(region);
        return region;
    }

    @Test
    void rangesInTurnAreFoundInTheirRegions() {
        GuestRegion low = add(0, Purpose.RAM);
        GuestRegion high = add(0x10_000, Purpose.RAM);
        for (int i = 0; i < 3; i++) {
            assertTrue(cursor.seek(0x10, 8, true));
            assertEquals(low.bytes(), cursor.segment());
            assertEquals(0x10, cursor.offset());
            assertTrue(cursor.seek(0x10_FF8, 8, true));
            assertEquals(high.bytes(), cursor.segment());
            assertEquals(0xFF8, cursor.offset());
        }
    }

    @Test
    void rangeThatLeavesTheLastRegionIsRefused() {
        add(0, Purpose.RAM);
        assertTrue(cursor.seek(0, PAGE, false));
        assertFalse(cursor.seek(1, PAGE, false));
        assertFalse(cursor.seek(-1, 1, false));
        assertFalse(cursor.seek(PAGE, 1, false));
    }

    @Test
    void removedRegionIsForgotten() {
        add(0, Purpose.RAM);
        assertTrue(cursor.seek(0, 8, false));
        memory.remove(0);
        assertFalse(cursor.seek(0, 8, false));
        GuestRegion again = add(0, Purpose.RAM);
        assertTrue(cursor.seek(0, 8, false));
        assertEquals(again.bytes(), cursor.segment());
    }

    @Test
    void firmwareIsOnlyRead() {
        add(0, Purpose.FIRMWARE);
        assertTrue(cursor.seek(0, 8, false));
        assertFalse(cursor.seek(0, 8, true));
    }
}
