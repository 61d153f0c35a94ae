package testudo.hypervisor.soft.jit;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/// The memory that a region was read from: which physical page was mapped at which distance from the base, and what it held.
final class CodeSource {
    static final int PAGE_BYTES = 4096;
    /// Most pages of a region: each costs a translation when the region is met again after a change of address space.
    private static final int MAX_PAGES = 8;

    private final int[] pageOffsets;
    private final long[] pages;
    private final long[] addresses;
    private final short[] parcels;

    private CodeSource(int[] pageOffsets, long[] pages, long[] addresses, short[] parcels) {
        this.pageOffsets = pageOffsets;
        this.pages = pages;
        this.addresses = addresses;
        this.parcels = parcels;
    }

    /// Says whether the same pages are mapped around `base` for fetches now.
    boolean isMapped(CodeView code, long base) {
        for (int i = 0; i < pages.length; i++) {
            if (code.physical(base + pageOffsets[i]) != pages[i]) {
                return false;
            }
        }
        return true;
    }

    /// Says whether the code is still what it was when it was read.
    boolean isUnchanged(CodeView code) {
        for (int i = 0; i < parcels.length; i++) {
            if ((short) code.parcel(addresses[i]) != parcels[i]) {
                return false;
            }
        }
        return true;
    }

    /// Whether something else was read from the same memory, and the same was read.
    boolean isSame(CodeSource other) {
        return Arrays.equals(pageOffsets, other.pageOffsets)
                && Arrays.equals(pages, other.pages)
                && Arrays.equals(addresses, other.addresses)
                && Arrays.equals(parcels, other.parcels);
    }

    /// Whether the code at a physical address belongs to it.
    boolean holds(long address) {
        return Arrays.binarySearch(addresses, address) >= 0;
    }

    /// Bytes of code.
    int sizeBytes() {
        return parcels.length * 2;
    }

    /// The physical address of the code at an offset from the base.
    long physical(int offset) {
        int page = offset & -PAGE_BYTES;
        for (int i = 0; i < pages.length; i++) {
            if (pageOffsets[i] == page) {
                return pages[i] + offset - page;
            }
        }
        throw new IllegalArgumentException("offset " + offset + " is not in the region");
    }

    /// Reads code and remembers it.
    static final class Builder {
        private final CodeView code;
        private final long base;
        private final int[] pageOffsets = new int[MAX_PAGES];
        private final long[] pages = new long[MAX_PAGES];
        private int pageCount;
        private final Map<Long, Short> parcels = new TreeMap<>();

        Builder(CodeView code, long base) {
            this.code = code;
            this.base = base;
        }

        /// The 16 bits at an offset from the base, or -1 where no code can be read or the region has pages enough.
        int parcel(int offset) {
            long page = page(offset & -PAGE_BYTES);
            if (page < 0) {
                return -1;
            }
            long address = page + (offset & PAGE_BYTES - 1);
            // The same parcel read twice must be the same code: the translation is made of one state of it.
            return parcels.computeIfAbsent(address, a -> (short) code.parcel(a)) & 0xFFFF;
        }

        /// Whether a translation can be entered at an offset from the base.
        /// @param own what does not count
        boolean isTranslated(int offset, @Nullable CodeSource own) {
            long page = page(offset & -PAGE_BYTES);
            long address = page + (offset & PAGE_BYTES - 1);
            return page >= 0 && code.isTranslated(address) && (own == null || !own.holds(address));
        }

        private long page(int pageOffset) {
            for (int i = 0; i < pageCount; i++) {
                if (pageOffsets[i] == pageOffset) {
                    return pages[i];
                }
            }
            if (pageCount == MAX_PAGES) {
                return -1;
            }
            long page = code.physical(base + pageOffset);
            if (page >= 0) {
                pageOffsets[pageCount] = pageOffset;
                pages[pageCount++] = page;
            }
            return page;
        }

        CodeSource build() {
            long[] addresses = new long[parcels.size()];
            short[] values = new short[addresses.length];
            int i = 0;
            for (Map.Entry<Long, Short> parcel : parcels.entrySet()) {
                addresses[i] = parcel.getKey();
                values[i++] = parcel.getValue();
            }
            return new CodeSource(Arrays.copyOf(pageOffsets, pageCount), Arrays.copyOf(pages, pageCount), addresses, values);
        }
    }
}
