package testudo.spi.host;

import java.lang.foreign.MemorySegment;

/// A piece of shared memory and its mapping in this process.
public interface SharedMemory extends HostHandle {
    /// The size.
    /// @return bytes
    long sizeBytes();

    /// The whole mapping, readable and writable, valid until [#close()]; usable from any thread.
    /// @return a segment of [#sizeBytes()]
    MemorySegment bytes();

    /// Gives the pages of a range back to the host; they read as zero afterwards.
    /// @param offset page-aligned byte offset
    /// @param sizeBytes page-aligned length
    /// @throws IndexOutOfBoundsException when the range is not inside
    void discard(long offset, long sizeBytes);

    /// Unmaps and releases the memory. Idempotent. The caller has made sure that nobody uses it any more.
    @Override
    void close();
}
