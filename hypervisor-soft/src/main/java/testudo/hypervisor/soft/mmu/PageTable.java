package testudo.hypervisor.soft.mmu;

/// The page tables of one hart: Sv39, Sv48 and Sv57 with hardware updates of A and D (Svadu) and memory types (Svpbmt).
///
/// Source: RISC-V Privileged Architecture, "Sv39: Page-Based 39-bit Virtual-Memory System", "Virtual Address Translation Process".
/// Tables must lie in the main RAM: elsewhere the walk ends in an access fault.
final class PageTable {
    static final long VALID = 1;
    static final long READ = 1 << 1;
    static final long WRITE = 1 << 2;
    static final long EXECUTE = 1 << 3;
    static final long USER = 1 << 4;
    static final long ACCESSED = 1 << 6;
    static final long DIRTY = 1 << 7;

    private static final int PPN_SHIFT = 10;
    private static final long PPN_MASK = (1L << 44) - 1;
    private static final int TYPE_SHIFT = 61;
    private static final long TYPE = 3L << TYPE_SHIFT;
    /// Bits 54 to 60, and N: there is no Svnapot.
    private static final long RESERVED = 0x7FL << 54 | 1L << 63;
    private static final int MODE_SHIFT = 60;
    private static final int MODE_SV39 = 8;
    private static final int SV39_LEVELS = 3;
    private static final int DEEPEST_LEVELS = 5;
    private static final int PAGE_SHIFT = 12;
    private static final int INDEX_BITS = 9;
    private static final int INDEX_MASK = (1 << INDEX_BITS) - 1;

    private final PhysicalMemory memory;
    private final GuestTrap trap;
    private long root;
    private int levels;
    final LargePages large = new LargePages(PAGE_SHIFT, DEEPEST_LEVELS);
    boolean user;
    boolean sum;
    boolean mxr;

    PageTable(PhysicalMemory memory, GuestTrap trap) {
        this.memory = memory;
        this.trap = trap;
    }

    /// Whether `satp` may have a mode: bare, 39, 48 or 57 bits.
    static boolean supports(long satp) {
        int mode = (int) (satp >>> MODE_SHIFT);
        return mode == 0 || (mode >= MODE_SV39 && mode <= MODE_SV39 + 2);
    }

    void root(long satp) {
        int mode = (int) (satp >>> MODE_SHIFT);
        levels = mode == 0 ? 0 : mode - MODE_SV39 + SV39_LEVELS;
        root = (satp & PPN_MASK) << PAGE_SHIFT;
    }

    /// Translates an address.
    /// @return the physical address
    /// @throws GuestTrap when the guest may not do that
    long translate(long va, Access access) {
        if (levels == 0) {
            return va;
        }
        int width = PAGE_SHIFT + INDEX_BITS * levels;
        if (va << (Long.SIZE - width) >> (Long.SIZE - width) != va) {
            throw trap.of(access.pageFault, va);
        }
        long table = root;
        for (int level = levels - 1; level >= 0; level--) {
            int shift = PAGE_SHIFT + INDEX_BITS * level;
            long entryAddress = table + ((va >>> shift & INDEX_MASK) << 3);
            long offset = memory.offset(entryAddress, Long.BYTES);
            if (offset < 0) {
                throw trap.of(access.accessFault, va);
            }
            long entry = (long) Mmu.LONG.getOpaque(memory.ram, offset);
            if ((entry & VALID) == 0 || (entry & (READ | WRITE)) == WRITE || (entry & RESERVED) != 0 || (entry & TYPE) == TYPE) {
                throw trap.of(access.pageFault, va);
            }
            if ((entry & (READ | EXECUTE)) != 0) {
                return leaf(va, access, entry, offset, shift);
            }
            if ((entry & (ACCESSED | DIRTY | USER | TYPE)) != 0) {
                throw trap.of(access.pageFault, va);
            }
            table = (entry >>> PPN_SHIFT & PPN_MASK) << PAGE_SHIFT;
        }
        throw trap.of(access.pageFault, va);
    }

    private long leaf(long va, Access access, long entry, long offset, int shift) {
        long base = (entry >>> PPN_SHIFT & PPN_MASK) << PAGE_SHIFT;
        long inside = (1L << shift) - 1;
        if (!permits(entry, access) || (base & inside) != 0) {
            throw trap.of(access.pageFault, va);
        }
        if (shift != PAGE_SHIFT) {
            large.add(va, (shift - PAGE_SHIFT) / INDEX_BITS);
        }
        long wanted = access == Access.WRITE ? ACCESSED | DIRTY : ACCESSED;
        if ((entry & wanted) != wanted && !Mmu.LONG.compareAndSet(memory.ram, offset, entry, entry | wanted)) {
            return translate(va, access); // somebody changed the entry: whatever it says now counts
        }
        return base | (va & inside);
    }

    private boolean permits(long entry, Access access) {
        boolean userPage = (entry & USER) != 0;
        if (user != userPage && (user || access == Access.FETCH || !sum)) {
            return false;
        }
        long permissions = mxr && access == Access.READ && (entry & EXECUTE) != 0 ? entry | READ : entry;
        return (permissions & access.permission) != 0;
    }
}
