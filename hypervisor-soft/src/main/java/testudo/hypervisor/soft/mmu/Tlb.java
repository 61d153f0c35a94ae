package testudo.hypervisor.soft.mmu;

import java.util.Arrays;

/// A software TLB for one privilege: direct-mapped, for pages of 4 KiB that lie in RAM.
///
/// An entry holds a page's virtual address as a tag, and what has to be added to a virtual address to get an offset into [Mmu#ram]. Those
/// for loads and for stores of one page share a line of the host's cache. Comparing `va & (-4096 | size - 1)` with the tag checks page
/// and alignment at once: an empty entry is -1, which no such value equals. Only the hart's thread touches it.
public final class Tlb {
    /// Entries of each kind, a power of two.
    static final int ENTRIES = 1024;
    /// Clears the offset in a page.
    public static final long PAGE = -4096;
    /// Of an entry of [#data]: the page that may be read.
    static final int READ_TAG = 0;
    static final int READ_OFFSET = 1;
    /// The page that may be written; its D bit is set.
    static final int WRITE_TAG = 2;
    static final int WRITE_OFFSET = 3;

    private static final int DATA_MASK = (ENTRIES - 1) << 2;
    private static final int FETCH_MASK = (ENTRIES - 1) << 1;

    /// For loads and stores: four longs an entry.
    public final long[] data = new long[ENTRIES << 2];
    /// For fetches: tag and offset.
    private final long[] fetch = new long[ENTRIES << 1];
    private boolean empty;

    /// Makes an empty one.
    public Tlb() {
        flush();
    }

    /// Where in [#data] a page's entry would be.
    static int slot(long va) {
        return (int) (va >>> 10) & DATA_MASK;
    }

    private static int fetchSlot(long va) {
        return (int) (va >>> 11) & FETCH_MASK;
    }

    /// Whether an address can be fetched from.
    /// @param va any address
    /// @return true when [#fetchDelta] has a meaning
    public boolean fetches(long va) {
        return fetch[fetchSlot(va)] == (va & PAGE);
    }

    /// Offset in RAM minus virtual address.
    /// @param va an address for which [#fetches] holds
    /// @return what is to be added to it
    public long fetchDelta(long va) {
        return fetch[fetchSlot(va) + 1];
    }

    boolean reads(long va) {
        return data[slot(va) + READ_TAG] == (va & PAGE);
    }

    long readDelta(long va) {
        return data[slot(va) + READ_OFFSET];
    }

    boolean writes(long va) {
        return data[slot(va) + WRITE_TAG] == (va & PAGE);
    }

    long writeDelta(long va) {
        return data[slot(va) + WRITE_OFFSET];
    }

    /// Forgets everything.
    public void flush() {
        if (!empty) {
            Arrays.fill(data, -1);
            Arrays.fill(fetch, -1);
            empty = true;
        }
    }

    /// Forgets one page.
    /// @param va an address in it
    public void flush(long va) {
        int slot = slot(va);
        data[slot + READ_TAG] = -1;
        data[slot + WRITE_TAG] = -1;
        fetch[fetchSlot(va)] = -1;
    }

    /// Remembers a page.
    /// @param va an address in it
    /// @param delta offset in RAM minus virtual address
    /// @param access what for
    void add(long va, long delta, Access access) {
        long[] entries = access == Access.FETCH ? fetch : data;
        int at = switch (access) {
            case READ -> slot(va) + READ_TAG;
            case WRITE -> slot(va) + WRITE_TAG;
            case FETCH -> fetchSlot(va);
        };
        empty = false;
        entries[at] = va & PAGE;
        entries[at + 1] = delta;
    }
}
