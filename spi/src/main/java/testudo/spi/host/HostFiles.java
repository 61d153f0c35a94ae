package testudo.spi.host;

import java.nio.file.Path;
import java.util.Set;

/// Opens files and makes rings for asynchronous input and output.
public interface HostFiles {
    /// How a file is opened.
    enum Mode {
        /// For reading.
        READ,
        /// For writing.
        WRITE,
        /// Made when missing.
        CREATE,
        /// Cut to length 0.
        TRUNCATE,
        /// Every write goes to the end.
        APPEND,
        /// Past the page cache; buffers, offsets and lengths must meet [HostFile#alignmentBytes()].
        DIRECT,
        /// Never blocks: for named pipes. Opening one for writing succeeds without a reader.
        NONBLOCK
    }

    /// Opens a file, a block device, a named pipe or, where the platform has it, `/proc/self/fd/N`, which takes over that descriptor.
    /// @param path where
    /// @param modes how; [Mode#READ], [Mode#WRITE] or both must be there
    /// @return the file; the caller closes it
    /// @throws testudo.spi.VmmException.Host `cannot open PATH: ERRNO`, with a kind
    HostFile open(Path path, Set<Mode> modes);

    /// Makes a ring for asynchronous input and output: io_uring where the kernel has it, a thread otherwise.
    /// @param depth how many operations can be under way, 1 to 4096
    /// @param kind which implementation
    /// @return the ring; the caller closes it
    /// @throws testudo.spi.VmmException.Host when `kind` is [RingKind#URING] and the kernel refuses
    IoRing newRing(int depth, RingKind kind);

    /// Makes rings beforehand, for a process that will not be allowed to: [#newRing] hands them out first, and a closed one is there again.
    /// Makes as many as the host grants, which may be none.
    /// @param count how many are in use at a time, 0 or more
    /// @param depth as for [#newRing]
    default void reserveRings(int count, int depth) {}

    /// The implementations of [IoRing].
    enum RingKind {
        /// The fastest that works here.
        AUTO,
        /// io_uring or failure.
        URING,
        /// A helper thread with blocking calls, signalled by an event.
        THREAD,
        /// Blocking calls of the thread that submits: what it has submitted has completed.
        CALLER
    }
}
