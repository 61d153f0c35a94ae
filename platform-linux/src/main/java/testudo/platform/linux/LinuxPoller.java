package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.platform.linux.call.Timespec;
import testudo.spi.host.Pollable;
import testudo.spi.host.Poller;

/// An epoll descriptor. Regular files, which epoll refuses, are always ready for what is asked of them.
final class LinuxPoller extends Descriptor implements Poller {
    private static final int ADD = 1;
    private static final int REMOVE = 2;
    private static final int CHANGE = 3;
    private static final int EPOLLERR = 8;
    private static final int MAX_EVENTS = 64;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment events = arena.allocate(EpollEvent.SIZE * MAX_EVENTS, Long.BYTES);
    private final MemorySegment changed = arena.allocate(EpollEvent.SIZE, Long.BYTES);
    private final MemorySegment timeout = arena.allocate(Timespec.LAYOUT);
    private final int[] readyTokens = new int[MAX_EVENTS];
    private final int[] readyMasks = new int[MAX_EVENTS];
    private volatile AlwaysReady[] alwaysReady = {};
    private boolean nanosecondWait = true;

    LinuxPoller(int descriptor) {
        super(descriptor);
    }

    private record AlwaysReady(int descriptor, int token, int interest) {}

    @Override
    public void add(Pollable source, int token, int interest) {
        int descriptor = OpenDescriptor.of(source);
        long result = control(ADD, descriptor, token, interest);
        if (result == -Errno.EPERM) {
            replaceAlwaysReady(descriptor, new AlwaysReady(descriptor, token, interest));
        } else {
            Errno.check(result, "cannot watch descriptor " + descriptor);
        }
    }

    @Override
    public void change(Pollable source, int token, int interest) {
        int descriptor = OpenDescriptor.of(source);
        long result;
        synchronized (changed) { // devices change what they wait for as they go, so it must not allocate
            result = control(CHANGE, descriptor, token, interest, changed);
        }
        if (result == -Errno.EPERM) {
            replaceAlwaysReady(descriptor, new AlwaysReady(descriptor, token, interest));
        } else {
            Errno.check(result, "cannot watch descriptor " + descriptor);
        }
    }

    @Override
    public void remove(Pollable source) {
        int descriptor = OpenDescriptor.of(source);
        long result = control(REMOVE, descriptor, 0, 0);
        if (result == -Errno.EPERM) {
            replaceAlwaysReady(descriptor);
        }
    }

    private long control(int operation, int descriptor, int token, int interest) {
        try (Arena call = Arena.ofConfined()) {
            return control(operation, descriptor, token, interest, call.allocate(EpollEvent.SIZE, Long.BYTES));
        }
    }

    private long control(int operation, int descriptor, int token, int interest, MemorySegment event) {
        // Poller's masks are epoll's: EPOLLIN 1, EPOLLOUT 4, EPOLLHUP 16.
        event.set(JAVA_INT, EpollEvent.EVENTS, interest);
        event.set(JAVA_LONG_UNALIGNED, EpollEvent.DATA, token);
        return Syscall.call(SystemCall.EPOLL_CTL, descriptor(), operation, descriptor, event.address());
    }

    private synchronized void replaceAlwaysReady(int descriptor, AlwaysReady... with) {
        AlwaysReady[] others = Arrays.stream(alwaysReady)
                .filter(entry -> entry.descriptor() != descriptor)
                .toList().toArray(new AlwaysReady[0]);
        if (others.length + with.length > MAX_EVENTS) {
            throw new IllegalStateException("too many regular files in one poller");
        }
        AlwaysReady[] next = Arrays.copyOf(others, others.length + with.length);
        System.arraycopy(with, 0, next, others.length, with.length);
        alwaysReady = next;
    }

    @Override
    public int await(long timeoutNanos) {
        int count = 0;
        for (AlwaysReady entry : alwaysReady) {
            if (entry.interest() != 0) {
                readyTokens[count] = entry.token();
                readyMasks[count++] = entry.interest();
            }
        }
        if (count == MAX_EVENTS) {
            return count;
        }
        long result = wait(MAX_EVENTS - count, count > 0 ? 0 : timeoutNanos);
        if (result < 0 && result != -Errno.EINTR) {
            throw Errno.failure("cannot wait for events", result);
        }
        for (int i = 0; i < result; i++) {
            long at = i * EpollEvent.SIZE;
            int mask = events.get(JAVA_INT, at + EpollEvent.EVENTS);
            readyTokens[count] = (int) events.get(JAVA_LONG_UNALIGNED, at + EpollEvent.DATA);
            // An error shows in the read or write that follows.
            readyMasks[count++] = (mask & EPOLLERR) == 0 ? mask : (mask & ~EPOLLERR) | HANG_UP;
        }
        return count;
    }

    private long wait(int room, long timeoutNanos) {
        long buffer = events.address();
        if (nanosecondWait) {
            long limit = 0;
            if (timeoutNanos >= 0) {
                Timespec.write(timeout, 0, timeoutNanos);
                limit = timeout.address();
            }
            long result = Syscall.call(SystemCall.EPOLL_PWAIT2, descriptor(), buffer, room, limit, 0, 0);
            if (result != -Errno.ENOSYS) {
                return result;
            }
            nanosecondWait = false; // Linux before 5.11
        }
        long millis = timeoutNanos < 0
                ? -1
                : Math.min((timeoutNanos + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI, Integer.MAX_VALUE);
        return Syscall.call(SystemCall.EPOLL_PWAIT, descriptor(), buffer, room, millis, 0, 0);
    }

    @Override
    public int token(int index) {
        return readyTokens[index];
    }

    @Override
    public int ready(int index) {
        return readyMasks[index];
    }

    @Override
    public synchronized void close() {
        super.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
