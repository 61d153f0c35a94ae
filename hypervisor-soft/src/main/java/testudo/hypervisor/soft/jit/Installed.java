package testudo.hypervisor.soft.jit;

import java.util.ArrayList;
import java.util.List;

/// A region whose translation may be entered.
final class Installed {
    /// A way in.
    ///
    /// @param offset in RAM, of the instruction there
    /// @param region what it leads into
    /// @param distance offset of the instruction from the region's base
    /// @param index which way in it is for {@link Translation#run}
    record Entry(long offset, Installed region, int distance, int index) {}

    /// What runs it: a better translation may take the place of the first one.
    volatile Translation code;

    final CodeSource source;
    /// Distance of the instruction that it was discovered from.
    final int first;
    final List<Entry> entries;
    /// Bytes of its class file.
    final int sizeBytes;
    /// The number of fences that had been executed when its code was last known to be what memory holds. Any hart writes it, upwards or not:
    /// a lower value only costs another comparison.
    volatile long comparedAt;
    /// The generation of the table in which it was last looked up.
    volatile int usedIn;

    Installed(Translation code, Region region, int sizeBytes, long comparedAt) {
        this.code = code;
        this.source = region.source();
        this.first = region.first();
        this.sizeBytes = sizeBytes;
        this.comparedAt = comparedAt;
        List<Entry> ways = new ArrayList<>();
        for (Block block : region.blocks().values()) {
            if (block.entry) {
                ways.add(new Entry(source.physical(block.offset), this, block.offset, ways.size()));
            }
        }
        this.entries = List.copyOf(ways);
    }

    /// Whether a region has the same ways in, so that a translation of it can be [#code].
    boolean isEnteredAs(Region region) {
        return entries.stream()
                .map(Entry::distance)
                .toList()
                .equals(region.blocks().values().stream().filter(block -> block.entry).map(block -> block.offset).toList());
    }
}
