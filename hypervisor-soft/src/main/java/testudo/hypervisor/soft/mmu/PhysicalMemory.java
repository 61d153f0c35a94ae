package testudo.hypervisor.soft.mmu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.memory.GuestRegion.HostAccess;
import testudo.spi.memory.GuestRegion.Purpose;

/// The machine's physical memory as harts see it: the largest RAM region, which everything fast works on, and the rest.
///
/// One object serves all harts; it does not change after the first hart was made, the other regions may.
public final class PhysicalMemory {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final MemorySegment ram;
    final long ramBase;
    final long ramBytes;
    private final GuestMemory memory;

    /// Looks at the regions that there are.
    /// @param memory the machine's memory; without RAM every access goes to devices
    public PhysicalMemory(GuestMemory memory) {
        this.memory = memory;
        GuestRegion main = memory.regions().stream()
                .filter(region -> region.purpose() == Purpose.RAM && region.access() == HostAccess.ALL)
                .max(Comparator.comparingLong(GuestRegion::sizeBytes))
                .orElse(null);
        ram = main == null ? MemorySegment.NULL : main.bytes();
        ramBase = main == null ? 0 : main.gpa();
        ramBytes = main == null ? 0 : main.sizeBytes();
    }

    /// Where an address lies in the main RAM.
    /// @param gpa any value
    /// @param sizeBytes 1 or more
    /// @return an offset, or -1
    long offset(long gpa, int sizeBytes) {
        long offset = gpa - ramBase;
        return offset >= 0 && offset <= ramBytes - sizeBytes ? offset : -1;
    }

    /// Finds other memory.
    /// @param gpa any value
    /// @param sizeBytes 1 or more
    /// @param write whether it is going to be written
    /// @return the region, or null when a device has to answer
    @Nullable
    GuestRegion find(long gpa, int sizeBytes, boolean write) {
        GuestRegion region = memory.find(gpa, sizeBytes);
        return region == null || (write && region.purpose() == Purpose.FIRMWARE) ? null : region;
    }

    /// Reads from a segment, at any alignment.
    static long read(MemorySegment bytes, long offset, int sizeBytes) {
        return switch (sizeBytes) {
            case 1 -> bytes.get(ValueLayout.JAVA_BYTE, offset);
            case 2 -> bytes.get(SHORT, offset);
            case 4 -> bytes.get(INT, offset);
            default -> bytes.get(LONG, offset);
        };
    }

    /// Writes to a segment, at any alignment.
    static void write(MemorySegment bytes, long offset, int sizeBytes, long value) {
        switch (sizeBytes) {
            case 1 -> bytes.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
            case 2 -> bytes.set(SHORT, offset, (short) value);
            case 4 -> bytes.set(INT, offset, (int) value);
            default -> bytes.set(LONG, offset, value);
        }
    }
}
