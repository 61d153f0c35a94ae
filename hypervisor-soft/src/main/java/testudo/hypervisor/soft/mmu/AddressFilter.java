package testudo.hypervisor.soft.mmu;

import java.util.Arrays;

/// A set of virtual addresses, in blocks, that may hold more than was added to it, never less: one bit for each hash of a block.
final class AddressFilter {
    private static final int BITS = 1 << 12;
    private final long[] words = new long[BITS / Long.SIZE];
    private final int blockShift;
    private boolean empty = true;

    /// @param blockShift binary logarithm of a block's bytes
    AddressFilter(int blockShift) {
        this.blockShift = blockShift;
    }

    private int bit(long va) {
        long block = va >>> blockShift;
        return (int) (block ^ block >>> 12 ^ block >>> 24) & BITS - 1;
    }

    void add(long va) {
        int bit = bit(va);
        words[bit >>> 6] |= 1L << bit;
        empty = false;
    }

    boolean mayContain(long va) {
        int bit = bit(va);
        return (words[bit >>> 6] & 1L << bit) != 0;
    }

    void clear() {
        if (!empty) {
            Arrays.fill(words, 0);
            empty = true;
        }
    }
}
