package testudo.spi.memory;

import java.lang.foreign.MemorySegment;

/// What one device may see of guest memory: translated when it sits behind an IOMMU, with written pages marked dirty.
public interface DeviceMemory {
    /// Makes a cursor. Each thread uses its own.
    /// @return a cursor that points nowhere
    Cursor cursor();

    /// Notes that the device has written a range, for dirty page tracking. Any thread.
    /// @param address as the driver gave it
    /// @param lengthBytes 0 or more
    void markDirty(long address, long lengthBytes);

    /// Gives guest RAM back to the host; it reads as zero afterwards. Ranges outside RAM are ignored.
    /// @param address as the driver gave it, page-aligned
    /// @param lengthBytes page-aligned
    /// @return how many bytes were given back
    long discard(long address, long lengthBytes);

    /// Turns device addresses into host memory. Does not allocate.
    interface Cursor {
        /// Looks a range up. After true, [#segment()] and [#offset()] tell where it is; valid only while the current request is served.
        /// @param address any value
        /// @param lengthBytes 1 or more
        /// @param writable whether the device is going to write
        /// @return false when the device may not access all of it as one piece
        boolean seek(long address, long lengthBytes, boolean writable);

        /// The memory that holds the range.
        /// @return a segment that is larger than the range
        MemorySegment segment();

        /// Where the range starts.
        /// @return byte offset in [#segment()]
        long offset();
    }
}
