package testudo.spi.host;

import java.lang.foreign.MemorySegment;

/// An open file, block device or pipe. Positional calls may come from any thread. Blocking: for data planes use [IoRing].
public interface HostFile extends Pollable {
    /// The size: bytes of a file, the capacity of a block device.
    /// @return bytes
    long sizeBytes();

    /// What [HostFiles.Mode#DIRECT] wants of buffers, offsets and lengths.
    /// @return a power of two, 1 when there is no demand
    int alignmentBytes();

    /// Whether holes can be punched into it.
    /// @return true for most file systems and for block devices with discard
    boolean sparse();

    /// Reads at a position.
    /// @param position byte offset in the file, or -1 for the current position of a stream
    /// @param to where to
    /// @param offset in `to`
    /// @param lengthBytes how much at most
    /// @return bytes read, 0 at the end, -11 (`EAGAIN`) when a non-blocking stream has nothing, another negative errno on failure
    long read(long position, MemorySegment to, long offset, long lengthBytes);

    /// Writes at a position.
    /// @param position byte offset in the file, or -1 for the current position of a stream
    /// @param from where from
    /// @param offset in `from`
    /// @param lengthBytes how much at most
    /// @return bytes written, or a negative errno
    long write(long position, MemorySegment from, long offset, long lengthBytes);

    /// Makes written data durable (fdatasync).
    /// @return 0 or a negative errno
    int flush();

    /// Frees a range; it reads as zero afterwards. The size does not change.
    /// @param position byte offset
    /// @param lengthBytes length
    /// @return 0 or a negative errno
    int punchHole(long position, long lengthBytes);

    /// Makes a range read as zero, keeping its blocks allocated where the file system can.
    /// @param position byte offset
    /// @param lengthBytes length
    /// @return 0 or a negative errno
    int writeZeroes(long position, long lengthBytes);

    /// Changes the size.
    /// @param sizeBytes the new size
    /// @return 0 or a negative errno
    int resize(long sizeBytes);

    /// Takes an advisory lock on the whole file, held until it is closed.
    /// @param exclusive true to be the only one, false to share with other readers
    /// @return false when another process holds a lock that conflicts
    boolean lock(boolean exclusive);
}
