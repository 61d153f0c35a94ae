package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Opening;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;

/// Unix domain sockets, `unix(7)`.
final class LinuxSockets implements HostSockets {
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int BACKLOG = 128;
    private static final int SOL_SOCKET = 1;
    private static final int SO_TYPE = 3;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_DOMAIN = 39;
    private static final int FAMILY_ONLY_BYTES = 2;

    @Override
    public LocalListener listen(Path path, Kind kind) {
        if (kind == Kind.DATAGRAM) {
            throw new IllegalArgumentException("a datagram socket can't listen");
        }
        String what = "cannot listen on " + path;
        int inherited = InheritedDescriptor.number(path);
        if (inherited >= 0) {
            return inherit(inherited, what);
        }
        int descriptor = socket(kind, 0, what);
        boolean bound = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path, what);
            Errno.check(
                    Syscall.call(SystemCall.BIND, descriptor, address.address(), address.byteSize()), what);
            bound = true;
            Errno.check(Syscall.call(SystemCall.LISTEN, descriptor, BACKLOG), what);
            Errno.check(InheritedDescriptor.makeNonBlocking(descriptor), what);
            return new UnixListener(descriptor, path.toString());
        } catch (RuntimeException failure) {
            new Descriptor(descriptor).close();
            if (bound) {
                Opening.unlink(path.toString());
            }
            throw failure;
        }
    }

    private static LocalListener inherit(int inherited, String what) {
        int descriptor = (int) Errno.check(InheritedDescriptor.duplicate(inherited, Opening.O_RDWR), what);
        long result = option(descriptor, SO_ACCEPTCONN);
        if (result >= 0) {
            result = result == 0 ? -Errno.EINVAL : InheritedDescriptor.makeNonBlocking(descriptor);
        }
        if (result < 0) {
            new Descriptor(descriptor).close();
            throw Errno.failure(what + " (not a listening socket)", result);
        }
        return new UnixListener(descriptor, "");
    }

    @Override
    public LocalSocket connect(Path path, Kind kind) {
        String what = "cannot connect to " + path;
        int inherited = InheritedDescriptor.number(path);
        if (inherited >= 0) {
            int own = (int) Errno.check(InheritedDescriptor.duplicate(inherited, Opening.O_RDWR), what);
            return adopt(own, kind, what);
        }
        return open(path, kind, 0, what).orElseThrow();
    }

    @Override
    public Optional<LocalSocket> tryConnect(Path path, Kind kind) {
        return open(path, kind, SOCK_NONBLOCK, "cannot connect to " + path);
    }

    /// @param flags with `SOCK_NONBLOCK` there may be no connection
    private static Optional<LocalSocket> open(Path path, Kind kind, int flags, String what) {
        int descriptor = socket(kind, flags, what);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = address(arena, path, what);
            if (kind == Kind.DATAGRAM) {
                // A name of its own, so that the peer can answer.
                MemorySegment own = arena.allocate(SockaddrUn.LAYOUT);
                SockaddrUn.writeUnnamed(own);
                Errno.check(
                        Syscall.call(SystemCall.BIND, descriptor, own.address(), FAMILY_ONLY_BYTES), what);
            }
            long result;
            do {
                result = Syscall.call(SystemCall.CONNECT, descriptor, address.address(), address.byteSize());
            } while (result == -Errno.EINTR);
            if (result == -Errno.EAGAIN && flags != 0) {
                new Descriptor(descriptor).close();
                return Optional.empty();
            }
            Errno.check(result, what);
            Errno.check(InheritedDescriptor.makeNonBlocking(descriptor), what);
            return Optional.of(new UnixSocket(descriptor));
        } catch (RuntimeException failure) {
            new Descriptor(descriptor).close();
            throw failure;
        }
    }

    /// Takes ownership of a descriptor that should be a socket.
    static UnixSocket adopt(int descriptor, Kind kind, String what) {
        long result = option(descriptor, SO_DOMAIN);
        if (result >= 0) {
            boolean fits = result == SockaddrUn.AF_UNIX && option(descriptor, SO_TYPE) == type(kind)
                    && option(descriptor, SO_ACCEPTCONN) == 0;
            result = fits ? InheritedDescriptor.makeNonBlocking(descriptor) : -Errno.EINVAL;
        }
        if (result < 0) {
            new Descriptor(descriptor).close();
            throw Errno.failure(what + " (not a connected socket of the right kind)", result);
        }
        return new UnixSocket(descriptor);
    }

    private static long option(int descriptor, int name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_INT);
            MemorySegment length = arena.allocateFrom(JAVA_INT, Integer.BYTES);
            long result = Syscall.call(
                    SystemCall.GETSOCKOPT, descriptor, SOL_SOCKET, name, value.address(), length.address(), 0);
            return result < 0 ? result : value.get(JAVA_INT, 0);
        }
    }

    /// Two connected, non-blocking sockets.
    static int[] pair(Kind kind) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment both = arena.allocate(JAVA_INT, 2);
            Errno.check(
                    Syscall.call(
                            SystemCall.SOCKETPAIR, SockaddrUn.AF_UNIX, type(kind) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, both.address()),
                    "cannot make a pair of sockets");
            return both.toArray(JAVA_INT);
        }
    }

    private static int type(Kind kind) {
        return switch (kind) {
            case STREAM -> 1;
            case DATAGRAM -> 2;
            case SEQPACKET -> 5;
        };
    }

    private static int socket(Kind kind, int flags, String what) {
        return (int) Errno.check(
                Syscall.call(SystemCall.SOCKET, SockaddrUn.AF_UNIX, type(kind) | SOCK_CLOEXEC | flags, 0), what);
    }

    private static MemorySegment address(Arena arena, Path path, String what) {
        MemorySegment address = arena.allocate(SockaddrUn.LAYOUT);
        if (!SockaddrUn.write(address, path.toString())) {
            throw Errno.failure(what + " (at most 107 bytes)", -Errno.ENAMETOOLONG);
        }
        return address;
    }
}
