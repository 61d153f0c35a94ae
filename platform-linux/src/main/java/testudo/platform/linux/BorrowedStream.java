package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.KernelStruct;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.call.Timespec;

/// A standard stream whose descriptor stays open at close, and whose `O_NONBLOCK` flag is left alone: other processes share it.
/// Reads ask `ppoll(2)` first, so they never block. One reading thread.
final class BorrowedStream extends LinuxFile {
    /// `struct pollfd`, 8 bytes, all architectures. Source: `include/uapi/asm-generic/poll.h`.
    static final StructLayout POLLFD = MemoryLayout.structLayout(
            JAVA_INT.withName("fd"), JAVA_SHORT.withName("events"), JAVA_SHORT.withName("revents"));

    private static final short POLLIN = 1;

    private final int borrowed;
    private final boolean pollFirst;
    /// One `pollfd` and a timeout of zero; as long-lived as the process, like the stream.
    private final MemorySegment poll = Arena.global().allocate(POLLFD.byteSize() + Timespec.LAYOUT.byteSize(), Long.BYTES);

    BorrowedStream(int descriptor, String name, int type) {
        super(descriptor, name, type, 1);
        borrowed = descriptor;
        pollFirst = type != Statx.REGULAR;
    }

    @Override
    public long read(long position, MemorySegment to, long offset, long lengthBytes) {
        if (pollFirst) {
            poll.set(JAVA_INT, KernelStruct.offset(POLLFD, "fd"), borrowed);
            poll.set(JAVA_SHORT, KernelStruct.offset(POLLFD, "events"), POLLIN);
            long address = poll.address();
            long ready = Syscall.call(SystemCall.PPOLL, address, 1, address + POLLFD.byteSize(), 0);
            if (ready <= 0) {
                return ready == 0 || ready == -Errno.EINTR ? -Errno.EAGAIN : ready;
            }
        }
        return super.read(position, to, offset, lengthBytes);
    }

    @Override
    public void close() {
        // The descriptor is the process's, not ours.
    }
}
