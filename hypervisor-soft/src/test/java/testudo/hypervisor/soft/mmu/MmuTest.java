package testudo.hypervisor.soft.mmu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.testing.driver.GuestRam;

/// Page tables, permissions and the ways around the TLB.
class MmuTest {
    private static final long RAM = 0x8000_0000L;
    private static final long TABLES = RAM + 0x10_000;
    private static final long DATA = RAM + 0x4_0000;
    private static final long VA = 0x12_3444_7000L;
    private static final long READ = 1 << 1;
    private static final long WRITE = 1 << 2;
    private static final long EXECUTE = 1 << 3;
    private static final long USER = 1 << 4;
    private static final long ACCESSED = 1 << 6;
    private static final long DIRTY = 1 << 7;
    private static final long ALL = READ | WRITE | EXECUTE;

    private final GuestRam ram = new GuestRam(RAM, 1 << 20);
    private final Mmu mmu = new Mmu(new PhysicalMemory(ram.memory()));
    private long nextTable = TABLES + 0x1000;

    @AfterEach
    void close() {
        ram.close();
    }

    /// Maps a page of a table with so many levels, leaf at a level, and returns the leaf's address.
    private long map(int levels, long va, long pa, int leafLevel, long bits) {
        long table = TABLES;
        for (int level = levels - 1; level > leafLevel; level--) {
            long entry = entry(table, va, level);
            long old = ram.memory().readLong(entry);
            if (old == 0) {
                old = nextTable >>> 12 << 10 | 1;
                ram.memory().writeLong(entry, old);
                nextTable += 0x1000;
            }
            table = old >>> 10 << 12;
        }
        ram.memory().writeLong(entry(table, va, leafLevel), pa >>> 12 << 10 | bits | 1);
        return entry(table, va, leafLevel);
    }

    private static long entry(long table, long va, int level) {
        return table + (va >>> 12 + 9 * level & 511) * 8;
    }

    private void on(int levels) {
        mmu.root((long) (levels + 5) << 60 | TABLES >>> 12);
    }

    private int cause(LongConsumer access, long va) {
        GuestTrap trap = assertThrows(GuestTrap.class, () -> access.accept(va));
        assertEquals(va, trap.value);
        return trap.cause;
    }

    private void load(long va) {
        mmu.loadLong(va);
    }

    private void store(long va) {
        mmu.storeLong(va, 1);
    }

    private void fetch(long va) {
        mmu.fetch(va);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4, 5})
    void translatesWithAllWidths(int levels) {
        long leaf = map(levels, VA, DATA, 0, ALL);
        on(levels);
        mmu.storeLong(VA + 8, 0x1122334455667788L);
        assertEquals(0x1122334455667788L, ram.memory().readLong(DATA + 8));
        assertEquals(0x55667788, mmu.loadInt(VA + 8));
        assertEquals(0x66, mmu.loadByte(VA + 10));
        assertEquals(ACCESSED | DIRTY, ram.memory().readLong(leaf) & (ACCESSED | DIRTY));
    }

    @Test
    void readingSetsOnlyAccessed() {
        long leaf = map(3, VA, DATA, 0, ALL);
        on(3);
        mmu.loadByte(VA);
        assertEquals(ACCESSED, ram.memory().readLong(leaf) & (ACCESSED | DIRTY));
        mmu.storeByte(VA, 1);
        assertEquals(ACCESSED | DIRTY, ram.memory().readLong(leaf) & (ACCESSED | DIRTY));
    }

    @Test
    void superpagesKeepTheLowBits() {
        map(4, VA, 0x8000_0000L, 1, ALL);
        on(4);
        ram.memory().writeLong(RAM + (VA & 0x1F_FFFF), 77);
        assertEquals(77, mmu.loadLong(VA));
        map(4, VA, 0x8000_0000L + 0x1000, 1, ALL);
        mmu.flush();
        assertEquals(GuestTrap.LOAD_PAGE, cause(this::load, VA), "a misaligned superpage");
    }

    /// Columns: permission bits, user mode, SUM, MXR, then what load, store and fetch end in; -1 is success.
    @ParameterizedTest
    @CsvSource({"2,false,false,false,-1,15,12", "6,false,false,false,-1,-1,12", "8,false,false,false,13,15,-1",
            "8,false,false,true,-1,15,-1",
            "14,false,false,false,-1,-1,-1", "14,true,false,false,13,15,12", "30,true,false,false,-1,-1,-1",
            "30,false,false,false,13,15,12",
            "30,false,true,false,-1,-1,12", "4,false,false,false,13,15,12", "12,false,false,false,13,15,12"})
    void permissions(long bits, boolean user, boolean sum, boolean mxr, int load, int store, int fetch) {
        map(3, VA, DATA, 0, bits);
        on(3);
        mmu.context(user, sum, mxr);
        expect(load, this::load);
        expect(store, this::store);
        expect(fetch, this::fetch);
        expect(load, this::load); // now perhaps from the TLB
    }

    private void expect(int cause, LongConsumer access) {
        if (cause < 0) {
            access.accept(VA);
        } else {
            assertEquals(cause, cause(access, VA));
        }
    }

    @Test
    void brokenEntriesFault() {
        for (long broken : new long[]{1L << 63, 1L << 54, 3L << 61}) {
            map(3, VA, DATA, 0, ALL | broken);
            on(3);
            assertEquals(GuestTrap.LOAD_PAGE, cause(this::load, VA));
        }
        map(3, VA, DATA, 0, 0); // a pointer where only a leaf can be
        on(3);
        assertEquals(GuestTrap.FETCH_PAGE, cause(this::fetch, VA));
        assertEquals(GuestTrap.LOAD_PAGE, cause(this::load, 1L << 38), "not canonical");
        mmu.root(8L << 60 | 0x1000_0000L >>> 12);
        assertEquals(GuestTrap.LOAD_ACCESS, cause(this::load, VA), "a table where there is no RAM");
        assertEquals(GuestTrap.STORE_ACCESS, cause(this::store, VA));
    }

    @Test
    void memoryTypesAreAccepted() {
        map(3, VA, DATA, 0, ALL | 1L << 61);
        on(3);
        mmu.storeLong(VA, 5);
        assertEquals(5, ram.memory().readLong(DATA));
    }

    @Test
    void fencesForgetPages() {
        map(3, VA, DATA, 0, ALL);
        on(3);
        mmu.storeLong(VA, 5);
        map(3, VA, DATA + 0x1000, 0, ALL);
        mmu.flush(VA + 16);
        mmu.storeLong(VA, 6);
        assertEquals(6, ram.memory().readLong(DATA + 0x1000));
        assertEquals(5, ram.memory().readLong(DATA));
    }

    /// Stale pieces of a large page must go with any address in it.
    @Test
    void fencesForgetAllOfALargePage() {
        map(3, VA, RAM, 1, ALL);
        on(3);
        long inside = VA & -(1L << 21);
        mmu.storeLong(inside + 0x5_0000, 5);
        mmu.storeLong(inside + 0x5_1000, 5);
        map(3, VA, RAM, 1, READ);
        mmu.flush(inside + 0x5_0000);
        assertEquals(GuestTrap.STORE_PAGE, cause(this::store, inside + 0x5_1000));
    }

    /// A fence for a small page beside a large one leaves the large one's pieces, and a page that nobody executes no fetches to forget.
    @Test
    void fencesForgetNoMoreThanTheyMust() {
        map(3, VA, DATA, 0, ALL);
        map(3, VA + (1L << 21), RAM, 1, ALL);
        on(3);
        long large = VA + (1L << 21) & -(1L << 21);
        mmu.loadLong(VA);
        mmu.loadLong(large);
        int before = mmu.epoch;
        mmu.flush(VA);
        assertFalse(mmu.tlb.reads(VA));
        assertTrue(mmu.tlb.reads(large));
        assertEquals(before, mmu.epoch);
        mmu.fetch(VA);
        mmu.flush(VA);
        assertNotEquals(before, mmu.epoch);
    }

    @Test
    void misalignedAccessesStayInAPage() {
        map(3, VA, DATA, 0, ALL);
        on(3);
        for (int round = 0; round < 2; round++) {
            mmu.storeLong(VA + 3, 0x8877665544332211L);
            assertEquals(0x8877665544332211L, mmu.loadLong(VA + 3));
            assertEquals(0xFFFFFFFF88776655L, mmu.loadInt(VA + 7));
            assertEquals(0xFFFFFFFFFFFF8877L, mmu.loadShort(VA + 9));
        }
        assertEquals(0x11, ram.memory().readInt(DATA) >>> 24);
    }

    @Test
    void misalignedAccessesCrossPages() {
        map(3, VA, DATA, 0, ALL);
        map(3, VA + 0x1000, DATA + 0x8000, 0, ALL);
        on(3);
        mmu.storeLong(VA + 0xFFD, 0x8877665544332211L);
        assertEquals(0x332211, ram.memory().readInt(DATA + 0xFFC) >>> 8);
        assertEquals(0x8877665544332211L, mmu.loadLong(VA + 0xFFD));
        assertEquals(0xFFFFFFFF88776655L, mmu.loadInt(VA + 0x1001));
        assertEquals(0x44332211, mmu.loadInt(VA + 0xFFD));
    }

    @Test
    void nothingIsWrittenWhenTheSecondPageFaults() {
        map(3, VA, DATA, 0, ALL);
        on(3);
        GuestTrap trap = assertThrows(GuestTrap.class, () -> mmu.storeLong(VA + 0xFFD, -1));
        assertEquals(VA + 0x1000, trap.value);
        assertEquals(0, ram.memory().readInt(DATA + 0xFFC));
    }

    @Test
    void instructionsCrossPages() {
        map(3, VA, DATA, 0, ALL);
        on(3);
        ram.memory().writeShort(DATA + 0xFFE, (short) 0x0013);
        GuestTrap trap = assertThrows(GuestTrap.class, () -> mmu.fetch(VA + 0xFFE));
        assertEquals(VA + 0x1000, trap.value);
        ram.memory().writeShort(DATA + 0xFFE, (short) 0x0001);
        assertEquals(1, mmu.fetch(VA + 0xFFE), "a 16-bit instruction needs no second page");
        map(3, VA + 0x1000, DATA + 0x8000, 0, ALL);
        ram.memory().writeShort(DATA + 0xFFE, (short) 0x0013);
        ram.memory().writeShort(DATA + 0x8000, (short) 0x1234);
        assertEquals(0x12340013, mmu.fetch(VA + 0xFFE));
    }

    @Test
    void atomicsNeedAlignmentAndRam() {
        assertEquals(GuestTrap.STORE_MISALIGNED, assertThrows(GuestTrap.class, () -> mmu.atomicOffset(DATA + 2, 4)).cause);
        assertEquals(GuestTrap.LOAD_MISALIGNED, assertThrows(GuestTrap.class, () -> mmu.reservedOffset(DATA + 4, 8)).cause);
        assertEquals(GuestTrap.STORE_ACCESS, assertThrows(GuestTrap.class, () -> mmu.atomicOffset(0x1000, 4)).cause);
        assertEquals(DATA - RAM, mmu.atomicOffset(DATA, 8));
    }

    @Test
    void blocksAreZeroed() {
        ram.memory().writeLong(DATA + 56, -1);
        ram.memory().writeLong(DATA + 64, -1);
        mmu.zeroBlock(DATA + 17);
        assertEquals(0, ram.memory().readLong(DATA + 56));
        assertEquals(-1, ram.memory().readLong(DATA + 64));
        assertTrue(assertThrows(GuestTrap.class, () -> mmu.zeroBlock(0x1000)).cause == GuestTrap.STORE_ACCESS);
    }
}
