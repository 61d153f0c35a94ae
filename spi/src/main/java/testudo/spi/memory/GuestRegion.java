package testudo.spi.memory;

import java.lang.foreign.MemorySegment;

/// A contiguous range of guest physical memory that is backed by host memory.
/// @param gpa first guest physical address
/// @param sizeBytes length, positive; `gpa + sizeBytes` does not wrap
/// @param purpose what it is for
/// @param access what the host may do to it
/// @param bytes the host's view of all of it; [MemorySegment#NULL] when `access` is [HostAccess#NONE]
public record GuestRegion(long gpa, long sizeBytes, Purpose purpose, HostAccess access, MemorySegment bytes) {
    /// What a region is for.
    public enum Purpose {
        /// Ordinary memory.
        RAM,
        /// Firmware; the guest can't write it.
        FIRMWARE,
        /// Backed memory that the firmware tables call reserved.
        RESERVED,
        /// A shared-memory window of a device.
        DEVICE
    }

    /// What the host may do to a region.
    public enum HostAccess {
        /// Nothing: the memory is private to the guest.
        NONE,
        /// Read and write.
        ALL
    }

    /// Checks the range.
    public GuestRegion {
        if (sizeBytes <= 0 || gpa < 0 || gpa > Long.MAX_VALUE - sizeBytes) {
            throw new IllegalArgumentException("region 0x%x+0x%x".formatted(gpa, sizeBytes));
        }
    }

    /// Whether a range lies inside.
    /// @param address guest physical address, any value
    /// @param lengthBytes 0 or more
    /// @return true when all of it does
    public boolean contains(long address, long lengthBytes) {
        long offset = address - gpa;
        return offset >= 0 && offset <= sizeBytes && lengthBytes >= 0 && lengthBytes <= sizeBytes - offset;
    }

    /// The first address behind the region.
    /// @return an address
    public long end() {
        return gpa + sizeBytes;
    }
}
