package testudo.core.virtio;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;

/// The pages of guest RAM that devices have written: one bit for each 4 KiB, in the form of [testudo.spi.hypervisor.DirtyLog], which knows
/// only what the guest wrote. Any thread; marking does not allocate.
public final class DirtyPages {
    private static final int PAGE_SHIFT = 12;
    private static final int WORD_SHIFT = 6;
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final GuestRegion[] regions;
    private final long[][] words;

    /// Makes a clean log for the regions that the guest has now.
    /// @param memory the guest's
    public DirtyPages(GuestMemory memory) {
        List<GuestRegion> now = memory.regions();
        regions = now.toArray(GuestRegion[]::new);
        words = new long[regions.length][];
        for (int i = 0; i < regions.length; i++) {
            long pages = (regions[i].end() - regions[i].gpa() + (1L << PAGE_SHIFT) - 1) >>> PAGE_SHIFT;
            words[i] = new long[Math.toIntExact((pages + Long.SIZE - 1) >>> WORD_SHIFT)];
        }
    }

    /// Notes that a range was written.
    /// @param gpa any value; what is outside of all regions is ignored
    /// @param lengthBytes 0 or more
    public void mark(long gpa, long lengthBytes) {
        if (lengthBytes <= 0) {
            return;
        }
        for (int i = 0; i < regions.length; i++) {
            GuestRegion region = regions[i];
            long first = Math.max(gpa, region.gpa());
            long last = Math.min(gpa + lengthBytes, region.end()) - 1;
            if (first <= last) {
                markPages(words[i], (first - region.gpa()) >>> PAGE_SHIFT, (last - region.gpa()) >>> PAGE_SHIFT);
            }
        }
    }

    private static void markPages(long[] bits, long firstPage, long lastPage) {
        long page = firstPage;
        while (page <= lastPage) {
            long end = Math.min(lastPage, page | (Long.SIZE - 1));
            long mask = -1L >>> (Long.SIZE - 1 - (end - page)) << page;
            int word = (int) (page >>> WORD_SHIFT);
            if (((long) WORDS.getOpaque(bits, word) & mask) != mask) {
                WORDS.getAndBitwiseOr(bits, word, mask);
            }
            page = end + 1;
        }
    }

    /// Takes the pages written since the last call.
    /// @param gpa the first address of a region
    /// @return one bit for each page, lowest first
    /// @throws IllegalArgumentException when no region starts there
    public long[] take(long gpa) {
        for (int i = 0; i < regions.length; i++) {
            if (regions[i].gpa() == gpa) {
                long[] taken = new long[words[i].length];
                for (int word = 0; word < taken.length; word++) {
                    taken[word] = (long) WORDS.getAndSet(words[i], word, 0L);
                }
                return taken;
            }
        }
        throw new IllegalArgumentException("no region starts at 0x%x".formatted(gpa));
    }
}
