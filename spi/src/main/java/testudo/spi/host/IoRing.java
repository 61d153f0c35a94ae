package testudo.spi.host;

import testudo.spi.memory.BufferList;

/// A queue of asynchronous file operations, owned by one thread. As a [Pollable] it is readable when operations have completed.
///
/// An operation that a method accepted is completed exactly once. Buffers stay valid until then: the caller sees to it.
/// Nothing here allocates after construction.
public interface IoRing extends Pollable {
    /// How many more operations can be queued now.
    /// @return 0 or more
    int space();

    /// Queues a read into the buffers, from the list's cursor on; the cursor moves by `lengthBytes`.
    /// @param file where from
    /// @param position byte offset in the file
    /// @param to buffers with at least `lengthBytes` left
    /// @param lengthBytes positive
    /// @param token given back with the completion
    /// @return false when the ring is full or the list has more pieces than one operation takes (1024); nothing was queued then
    boolean read(HostFile file, long position, BufferList to, long lengthBytes, long token);

    /// Queues a write of the buffers, from the list's cursor on; the cursor moves by `lengthBytes`.
    /// @param file where to
    /// @param position byte offset in the file
    /// @param from buffers with at least `lengthBytes` left
    /// @param lengthBytes positive
    /// @param token given back with the completion
    /// @return as for [#read]
    boolean write(HostFile file, long position, BufferList from, long lengthBytes, long token);

    /// Queues an fdatasync. It covers writes that have completed before it was queued.
    /// @param file which file
    /// @param token given back with the completion
    /// @return false when the ring is full
    boolean flush(HostFile file, long token);

    /// Queues an operation on a range.
    /// @param file which file
    /// @param operation what to do
    /// @param position byte offset
    /// @param lengthBytes length
    /// @param token given back with the completion
    /// @return false when the ring is full
    boolean allocate(HostFile file, RangeOperation operation, long position, long lengthBytes, long token);

    /// Hands everything queued to the kernel.
    void submit();

    /// Takes completions. Never blocks.
    /// @param to called once for each, on this thread; it may queue further operations
    /// @return how many there were
    int complete(Completion to);

    /// What can be done to a range of a file.
    enum RangeOperation {
        /// Free the blocks; reads as zero.
        PUNCH_HOLE,
        /// Reads as zero, blocks stay where possible.
        WRITE_ZEROES
    }

    /// Receives completions.
    @FunctionalInterface
    interface Completion {
        /// An operation has completed.
        /// @param token the operation's
        /// @param result bytes moved, 0 for the others, or a negative errno
        void completed(long token, int result);
    }
}
