package testudo.spi.disk;

import testudo.spi.device.EventLoop;

/// An open disk image. Closed after all its queues.
public interface DiskImage extends AutoCloseable {
    /// The disk's size as the guest sees it.
    /// @return bytes
    long sizeBytes();

    /// Whether discarded ranges give space back.
    /// @return true when [DiskQueue#discard] does something
    boolean sparse();

    /// What buffers, offsets and lengths must be aligned to.
    /// @return a power of two, 1 without demands
    int alignmentBytes();

    /// Makes a queue for asynchronous operations.
    /// @param loop the thread that will own it
    /// @param depth how many operations can be under way
    /// @param completion receives each completion, on that thread
    /// @return the queue; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the host refuses
    DiskQueue newQueue(EventLoop loop, int depth, DiskQueue.Completion completion);

    /// Changes the size.
    /// @param sizeBytes the new size
    /// @return 0 or a negative errno
    int resize(long sizeBytes);

    @Override
    void close();
}
