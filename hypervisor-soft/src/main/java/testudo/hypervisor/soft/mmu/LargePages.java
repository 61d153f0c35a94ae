package testudo.hypervisor.soft.mmu;

/// Which large pages a hart has used since it last forgot everything, by their size: those of which the TLB may hold some pieces.
final class LargePages {
    private static final int INDEX_BITS = 9;
    private final AddressFilter[] bySize;

    /// @param pageShift binary logarithm of the smallest page's bytes
    /// @param levels of the deepest page table
    LargePages(int pageShift, int levels) {
        bySize = new AddressFilter[levels - 1];
        for (int i = 0; i < bySize.length; i++) {
            bySize[i] = new AddressFilter(pageShift + INDEX_BITS * (i + 1));
        }
    }

    /// Notes a page.
    /// @param va any address in it
    /// @param level of its entry, 1 or more
    void add(long va, int level) {
        bySize[level - 1].add(va);
    }

    /// Says whether an address may lie in one of them.
    boolean mayContain(long va) {
        for (AddressFilter pages : bySize) {
            if (pages.mayContain(va)) {
                return true;
            }
        }
        return false;
    }

    void clear() {
        for (AddressFilter pages : bySize) {
            pages.clear();
        }
    }
}
