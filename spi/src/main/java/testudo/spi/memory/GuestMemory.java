package testudo.spi.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// All of a guest's physical memory: the only place where a guest physical address becomes bytes.
///
/// Look-ups are safe from any thread and do not allocate; regions may be added and removed while the machine runs.
/// Memory that the host may not touch is never found. The hypervisor that backs the regions owns the memory.
public final class GuestMemory {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private volatile GuestRegion[] regions = {};
    private volatile int generation;

    /// Makes an empty memory.
    public GuestMemory() {}

    /// Adds a region.
    /// @param region must not overlap another
    /// @throws IllegalArgumentException when it does
    public synchronized void add(GuestRegion region) {
        List<GuestRegion> next = new ArrayList<>(List.of(regions));
        for (GuestRegion other : next) {
            if (region.gpa() < other.end() && other.gpa() < region.end()) {
                throw new IllegalArgumentException("regions overlap: %s and %s".formatted(region, other));
            }
        }
        next.add(region);
        next.sort((one, other) -> Long.compare(one.gpa(), other.gpa()));
        regions = next.toArray(new GuestRegion[0]);
        generation = generation + 1;
    }

    /// Removes the region that starts at an address.
    /// @param gpa its first address
    /// @return false when there is none
    public synchronized boolean remove(long gpa) {
        List<GuestRegion> next = new ArrayList<>(List.of(regions));
        boolean removed = next.removeIf(region -> region.gpa() == gpa);
        regions = next.toArray(new GuestRegion[0]);
        generation = generation + 1;
        return removed;
    }

    /// Counts changes of the regions: what [#find] answered stays true as long as this stays the same. Any thread.
    /// @return a number that wraps
    public int generation() {
        return generation;
    }

    /// The regions, by address.
    /// @return an immutable copy
    public List<GuestRegion> regions() {
        return List.of(regions);
    }

    /// Finds the region that holds a whole range and that the host may access. Does not allocate.
    /// @param gpa guest physical address, any value
    /// @param lengthBytes 0 or more
    /// @return the region, or null when no single region holds it all
    public @Nullable GuestRegion find(long gpa, long lengthBytes) {
        for (GuestRegion region : regions) {
            if (region.contains(gpa, lengthBytes)) {
                return region.access() == GuestRegion.HostAccess.NONE ? null : region;
            }
        }
        return null;
    }

    /// Copies bytes into the guest. For loaders: the range is the caller's responsibility.
    /// @param gpa where to
    /// @param from what
    /// @throws IndexOutOfBoundsException when the range is not in one accessible region
    public void write(long gpa, MemorySegment from) {
        GuestRegion region = require(gpa, from.byteSize());
        MemorySegment.copy(from, 0, region.bytes(), gpa - region.gpa(), from.byteSize());
    }

    /// Copies bytes into the guest.
    /// @param gpa where to
    /// @param from what
    /// @throws IndexOutOfBoundsException when the range is not in one accessible region
    public void write(long gpa, byte[] from) {
        write(gpa, MemorySegment.ofArray(from));
    }

    /// Copies bytes out of the guest.
    /// @param gpa where from
    /// @param lengthBytes how many
    /// @return a new array
    /// @throws IndexOutOfBoundsException when the range is not in one accessible region
    public byte[] read(long gpa, int lengthBytes) {
        GuestRegion region = require(gpa, lengthBytes);
        byte[] bytes = new byte[lengthBytes];
        MemorySegment.copy(region.bytes(), JAVA_BYTE, gpa - region.gpa(), bytes, 0, lengthBytes);
        return bytes;
    }

    /// A writable view of a range, for loaders that read a file straight into guest memory. Not for devices.
    /// @param gpa where
    /// @param lengthBytes how many
    /// @return a slice
    /// @throws IndexOutOfBoundsException when the range is not in one accessible region
    public MemorySegment slice(long gpa, long lengthBytes) {
        GuestRegion region = require(gpa, lengthBytes);
        return region.bytes().asSlice(gpa - region.gpa(), lengthBytes);
    }

    /// Reads a 32-bit value.
    /// @param gpa where
    /// @return the value
    /// @throws IndexOutOfBoundsException when it is not accessible
    public int readInt(long gpa) {
        GuestRegion region = require(gpa, 4);
        return region.bytes().get(INT, gpa - region.gpa());
    }

    /// Reads a 64-bit value.
    /// @param gpa where
    /// @return the value
    /// @throws IndexOutOfBoundsException when it is not accessible
    public long readLong(long gpa) {
        GuestRegion region = require(gpa, 8);
        return region.bytes().get(LONG, gpa - region.gpa());
    }

    /// Writes a 16-bit value.
    /// @param gpa where
    /// @param value the value
    /// @throws IndexOutOfBoundsException when it is not accessible
    public void writeShort(long gpa, short value) {
        GuestRegion region = require(gpa, 2);
        region.bytes().set(SHORT, gpa - region.gpa(), value);
    }

    /// Writes a 32-bit value.
    /// @param gpa where
    /// @param value the value
    /// @throws IndexOutOfBoundsException when it is not accessible
    public void writeInt(long gpa, int value) {
        GuestRegion region = require(gpa, 4);
        region.bytes().set(INT, gpa - region.gpa(), value);
    }

    /// Writes a 64-bit value.
    /// @param gpa where
    /// @param value the value
    /// @throws IndexOutOfBoundsException when it is not accessible
    public void writeLong(long gpa, long value) {
        GuestRegion region = require(gpa, 8);
        region.bytes().set(LONG, gpa - region.gpa(), value);
    }

    private GuestRegion require(long gpa, long lengthBytes) {
        GuestRegion region = find(gpa, lengthBytes);
        if (region == null) {
            throw new IndexOutOfBoundsException(
                    "guest memory 0x%x+0x%x is not in one accessible region".formatted(gpa, lengthBytes));
        }
        return region;
    }
}
