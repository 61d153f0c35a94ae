package testudo.spi.disk;

import testudo.spi.memory.BufferList;

/// Asynchronous operations on a disk image, owned by one thread. Positions and lengths are bytes and lie inside the disk: the caller checks.
///
/// Every accepted operation is completed exactly once, perhaps before the method returns; buffers stay valid until then. Does not allocate.
public interface DiskQueue extends AutoCloseable {
    /// Reads into the buffers from their cursor on.
    /// @param position byte offset
    /// @param to buffers
    /// @param lengthBytes positive
    /// @param token given back with the completion
    void read(long position, BufferList to, long lengthBytes, long token);

    /// Writes the buffers from their cursor on.
    /// @param position byte offset
    /// @param from buffers
    /// @param lengthBytes positive
    /// @param token given back with the completion
    void write(long position, BufferList from, long lengthBytes, long token);

    /// Makes durable what was completed before.
    /// @param token given back with the completion
    void flush(long token);

    /// Frees a range; reads as anything the format promises, here zero.
    /// @param position byte offset
    /// @param lengthBytes positive
    /// @param token given back with the completion
    void discard(long position, long lengthBytes, long token);

    /// Makes a range read as zero.
    /// @param position byte offset
    /// @param lengthBytes positive
    /// @param mayUnmap whether blocks may be freed
    /// @param token given back with the completion
    void writeZeroes(long position, long lengthBytes, boolean mayUnmap, long token);

    /// Hands over what was queued since the last call.
    void submit();

    /// Waits until nothing is under way, delivering completions.
    void drain();

    /// Releases the queue. Nothing is under way.
    @Override
    void close();

    /// Receives completions.
    @FunctionalInterface
    interface Completion {
        /// An operation is done.
        /// @param token the operation's
        /// @param result 0 or a negative errno; a short read or write has been carried on until it was whole
        void completed(long token, int result);
    }
}
