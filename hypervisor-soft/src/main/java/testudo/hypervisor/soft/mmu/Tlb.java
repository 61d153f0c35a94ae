package testudo.hypervisor.soft.mmu;

import java.util.Arrays;

/// A software TLB for one privilege: direct-mapped, for pages of 4 KiB that lie in RAM.
///
/// Entry `(va >>> 12) & MASK` of a tag array holds the page's virtual address, and the offset array what has to be added to a virtual
/// address to get an offset into [Mmu#ram]. Comparing `va & (-4096 | size - 1)` with the tag checks page and alignment at once: an empty
/// entry is -1, which no such value equals. Only the hart's thread touches it.
public final class Tlb {
    /// Entries of each array, a power of two.
    public static final int ENTRIES = 1024;
    /// What selects an entry.
    public static final int MASK = ENTRIES - 1;
    /// Clears the offset in a page.
    public static final long PAGE = -4096;

    /// Pages that may be read.
    public final long[] readTag = new long[ENTRIES];
    /// Their offsets.
    public final long[] readOffset = new long[ENTRIES];
    /// Pages that may be written; their D bit is set.
    public final long[] writeTag = new long[ENTRIES];
    /// Their offsets.
    public final long[] writeOffset = new long[ENTRIES];
    /// Pages that may be executed.
    public final long[] fetchTag = new long[ENTRIES];
    /// Their offsets.
    public final long[] fetchOffset = new long[ENTRIES];
    private boolean empty;

    /// Makes an empty one.
    public Tlb() {
        flush();
    }

    /// Forgets everything.
    public void flush() {
        if (!empty) {
            Arrays.fill(readTag, -1);
            Arrays.fill(writeTag, -1);
            Arrays.fill(fetchTag, -1);
            empty = true;
        }
    }

    /// Forgets one page.
    /// @param va an address in it
    public void flush(long va) {
        int slot = (int) (va >>> 12) & MASK;
        readTag[slot] = -1;
        writeTag[slot] = -1;
        fetchTag[slot] = -1;
    }

    /// Remembers a page.
    /// @param va an address in it
    /// @param delta offset in RAM minus virtual address
    /// @param access what for
    void add(long va, long delta, Access access) {
        int slot = (int) (va >>> 12) & MASK;
        long tag = va & PAGE;
        empty = false;
        switch (access) {
            case READ -> {
                readTag[slot] = tag;
                readOffset[slot] = delta;
            }
            case WRITE -> {
                writeTag[slot] = tag;
                writeOffset[slot] = delta;
            }
            case FETCH -> {
                fetchTag[slot] = tag;
                fetchOffset[slot] = delta;
            }
        }
    }
}
