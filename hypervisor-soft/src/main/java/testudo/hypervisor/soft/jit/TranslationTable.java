package testudo.hypervisor.soft.jit;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;

import org.jspecify.annotations.Nullable;

/// All translations of a machine, by where in RAM they may be entered.
///
/// Looking up takes no lock and may be done by any hart; changes are made under the table's own. It is bounded by a number of regions and
/// by the bytes of their classes. When it is full, what no hart has looked up since it was last full goes, or everything.
final class TranslationTable {
    private static final int BUCKETS = 1 << 14;

    /// One bucket's entries: immutable, so that a reader needs no lock.
    private record Link(Installed.Entry entry, @Nullable Link next) {}

    private final AtomicReferenceArray<@Nullable Link> buckets = new AtomicReferenceArray<>(BUCKETS);
    private final Set<Installed> regions = new HashSet<>();
    private final int maximumRegions;
    private final long maximumBytes;
    private long bytes;
    private volatile int generation;

    TranslationTable(int maximumRegions, long maximumBytes) {
        this.maximumRegions = maximumRegions;
        this.maximumBytes = maximumBytes;
    }

    private static int bucket(long offset) {
        return (int) (offset >>> 1 ^ offset >>> 15) & BUCKETS - 1;
    }

    /// The way in at an offset in RAM, or `null`.
    Installed.@Nullable Entry find(long offset) {
        for (Link link = buckets.getAcquire(bucket(offset)); link != null; link = link.next) {
            if (link.entry.offset() == offset) {
                link.entry.region().usedIn = generation;
                return link.entry;
            }
        }
        return null;
    }

    /// Whether there is a way in at an offset in RAM. Says nothing about whether it will be used.
    boolean contains(long offset) {
        Link link = buckets.getAcquire(bucket(offset));
        while (link != null && link.entry.offset() != offset) {
            link = link.next;
        }
        return link != null;
    }

    /// Counts how often regions were thrown out for want of room: what was found before may hold memory that is wanted back.
    int generation() {
        return generation;
    }

    /// Adds the ways into a region that nothing else leads into yet.
    synchronized void add(Installed region) {
        if (regions.size() >= maximumRegions || bytes + region.sizeBytes > maximumBytes) {
            evict();
        }
        region.usedIn = generation;
        regions.add(region);
        bytes += region.sizeBytes;
        for (Installed.Entry entry : region.entries) {
            if (find(entry.offset()) == null) {
                int bucket = bucket(entry.offset());
                buckets.setRelease(bucket, new Link(entry, buckets.getPlain(bucket)));
            }
        }
    }

    /// Removes a region; no matter when somebody else has already.
    synchronized void remove(Installed region) {
        if (!regions.remove(region)) {
            return;
        }
        bytes -= region.sizeBytes;
        for (Installed.Entry entry : region.entries) {
            int bucket = bucket(entry.offset());
            buckets.setRelease(bucket, without(buckets.getPlain(bucket), region));
        }
    }

    @SuppressWarnings("ReferenceEquality") // links are shared, not compared
    private static @Nullable Link without(@Nullable Link link, Installed region) {
        if (link == null) {
            return null;
        }
        Link rest = without(link.next, region);
        return link.entry.region() == region ? rest : rest == link.next ? link : new Link(link.entry, rest);
    }

    private void evict() {
        int now = generation;
        Set<Installed> unused = new HashSet<>(regions);
        unused.removeIf(region -> region.usedIn == now);
        if (unused.size() < regions.size() / 4) {
            unused.addAll(regions);
        }
        unused.forEach(this::remove);
        generation = now + 1;
    }

    synchronized int size() {
        return regions.size();
    }

    synchronized long sizeBytes() {
        return bytes;
    }
}
