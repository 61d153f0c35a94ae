package testudo.core.virtio;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.testing.driver.AllocatedBytes;

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

    private GuestRegion addPages(long gpa, int pages) {
        GuestRegion region = new GuestRegion(gpa, pages * PAGE, Purpose.RAM, HostAccess.ALL, arena.allocate(pages * PAGE));
        memory.add(region);
        return region;
    }

    private static List<Integer> pages(long[] bits) {
        return BitSet.valueOf(bits).stream().boxed().toList();
    }

    @Test
    void writtenPagesAreLoggedWhileALogIsAttached() {
        addPages(0, 130);
        addPages(0x100_0000, 2);
        GuestDeviceMemory device = new GuestDeviceMemory(memory, (gpa, size) -> {});
        DirtyPages log = new DirtyPages(memory);
        device.markDirty(0, PAGE);
        device.track(log);
        device.markDirty(3 * PAGE - 1, 2);
        device.markDirty(62 * PAGE, 4 * PAGE);
        device.markDirty(129 * PAGE + 7, 1);
        device.markDirty(0x100_0000 + PAGE, PAGE);
        device.markDirty(5 * PAGE, 0);
        device.markDirty(0x90_0000, 77); // nowhere
        device.markDirty(-8, 4);
        assertEquals(List.of(2, 3, 62, 63, 64, 65, 129), pages(log.take(0)));
        assertEquals(List.of(1), pages(log.take(0x100_0000)));
        assertEquals(List.of(), pages(log.take(0)), "taken");
        device.track(null);
        device.markDirty(0, PAGE);
        assertEquals(List.of(), pages(log.take(0)));
        assertThrows(IllegalArgumentException.class, () -> log.take(PAGE));
    }

    @Test
    void pagesThatWereGivenBackAreWritten() {
        addPages(0, 4);
        GuestDeviceMemory device = new GuestDeviceMemory(memory, (gpa, size) -> {});
        DirtyPages log = new DirtyPages(memory);
        device.track(log);
        assertEquals(2 * PAGE, device.discard(PAGE, 2 * PAGE));
        assertEquals(List.of(1, 2), pages(log.take(0)));
    }

    @Test
    void loggingDoesNotAllocate() {
        addPages(0, 64);
        GuestDeviceMemory device = new GuestDeviceMemory(memory, (gpa, size) -> {});
        device.track(new DirtyPages(memory));
        assertEquals(0, AllocatedBytes.of(() -> {
            for (int i = 0; i < 100_000; i++) {
                device.markDirty((i & 63) * PAGE, 2 * PAGE);
            }
        }));
    }
}
