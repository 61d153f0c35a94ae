package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.SharedMemory;

/// Passes descriptors by `SCM_RIGHTS`, `unix(7)`.
final class LinuxHandlePassing implements HandlePassing {
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;
    private static final int MSG_CTRUNC = 8;
    /// Room for all descriptors, and for the padding behind an odd number of them.
    private static final long ROOM = Msghdr.CONTROL_BYTES + (long) Integer.BYTES * MAX_HANDLES;

    @Override
    public List<LocalSocket> pair(Kind kind) {
        int[] both = LinuxSockets.pair(kind);
        return List.of(new UnixSocket(both[0]), new UnixSocket(both[1]));
    }

    @Override
    public long send(LocalSocket socket, MemorySegment from, long offset, long lengthBytes, List<? extends HostHandle> handles) {
        if (handles.size() > MAX_HANDLES) {
            throw new IllegalArgumentException("%d handles in one message".formatted(handles.size()));
        }
        long address = NativeRange.forReading(from, offset, lengthBytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment control = arena.allocate(ROOM, Long.BYTES);
            long controlBytes = handles.isEmpty() ? 0 : Msghdr.CONTROL_BYTES + (long) Integer.BYTES * handles.size();
            control.set(JAVA_LONG, Msghdr.CMSG_LEN, controlBytes);
            control.set(JAVA_INT, Msghdr.CMSG_LEVEL, SOL_SOCKET);
            control.set(JAVA_INT, Msghdr.CMSG_TYPE, SCM_RIGHTS);
            for (int i = 0; i < handles.size(); i++) {
                control.set(JAVA_INT, Msghdr.CONTROL_BYTES + (long) Integer.BYTES * i, OpenDescriptor.of(handles.get(i)));
            }
            MemorySegment message = message(arena, address, lengthBytes, control, controlBytes);
            long result;
            do {
                result = Syscall.call(SystemCall.SENDMSG, OpenDescriptor.of(socket), message.address(), MSG_NOSIGNAL);
            } while (result == -Errno.EINTR);
            return result;
        }
    }

    private static MemorySegment message(Arena arena, long address, long lengthBytes, MemorySegment control, long controlBytes) {
        MemorySegment vector = arena.allocate(Iovec.LAYOUT);
        vector.set(JAVA_LONG, Iovec.IOV_BASE, address);
        vector.set(JAVA_LONG, Iovec.IOV_LEN, lengthBytes);
        MemorySegment message = arena.allocate(Msghdr.LAYOUT);
        Msghdr.write(message, vector, control, controlBytes);
        return message;
    }

    @Override
    public long receive(LocalSocket socket, MemorySegment to, long offset, long lengthBytes, List<HostHandle> handles) {
        long address = NativeRange.forWriting(to, offset, lengthBytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment control = arena.allocate(ROOM, Long.BYTES);
            MemorySegment message = message(arena, address, lengthBytes, control, ROOM);
            long result;
            do {
                result = Syscall.call(SystemCall.RECVMSG, OpenDescriptor.of(socket), message.address(), MSG_CMSG_CLOEXEC);
            } while (result == -Errno.EINTR);
            if (result < 0) {
                return result;
            }
            List<HostHandle> received = received(control, message.get(JAVA_LONG, Msghdr.MSG_CONTROLLEN));
            if ((message.get(JAVA_INT, Msghdr.MSG_FLAGS) & MSG_CTRUNC) != 0) {
                received.forEach(HostHandle::close); // the kernel has dropped the others
                return -Errno.EMSGSIZE;
            }
            handles.addAll(received);
            return result;
        }
    }

    private static List<HostHandle> received(MemorySegment control, long controlBytes) {
        List<HostHandle> handles = new ArrayList<>();
        if (controlBytes < Msghdr.CONTROL_BYTES
                || control.get(JAVA_INT, Msghdr.CMSG_LEVEL) != SOL_SOCKET
                || control.get(JAVA_INT, Msghdr.CMSG_TYPE) != SCM_RIGHTS) {
            return handles;
        }
        long end = Math.min(control.get(JAVA_LONG, Msghdr.CMSG_LEN), controlBytes);
        for (long at = Msghdr.CONTROL_BYTES; at <= end - Integer.BYTES; at += Integer.BYTES) {
            handles.add(new Descriptor(control.get(JAVA_INT, at)));
        }
        return handles;
    }

    /// Takes the descriptor out of a handle, by duplicating it: the handle is closed.
    private static int take(HostHandle handle, String what) {
        try (handle) {
            return (int) Errno.check(InheritedDescriptor.copy(OpenDescriptor.of(handle)), what);
        }
    }

    @Override
    public HostEvent event(HostHandle handle) {
        String what = "cannot use a received descriptor as an event";
        int descriptor = take(handle, what);
        long result = InheritedDescriptor.makeNonBlocking(descriptor);
        if (result >= 0) {
            // Files, pipes and sockets take a write of nothing; an eventfd wants 8 bytes.
            result = Syscall.call(SystemCall.WRITE, descriptor, 0, 0) == -Errno.EINVAL ? 0 : -Errno.EINVAL;
        }
        if (result < 0) {
            new Descriptor(descriptor).close();
            throw Errno.failure(what + " (not an eventfd)", result);
        }
        return new LinuxEvent(descriptor);
    }

    @Override
    public LocalSocket socket(HostHandle handle) {
        String what = "cannot use a received descriptor as a socket";
        return LinuxSockets.adopt(take(handle, what), Kind.STREAM, what);
    }

    @Override
    public SharedMemory map(HostHandle handle, long offset, long sizeBytes) {
        String what = "cannot map %d bytes at %d of a received descriptor".formatted(sizeBytes, offset);
        int descriptor = take(handle, what);
        try {
            Statx.Facts facts = Statx.of(descriptor);
            Errno.check(facts.error(), what);
            long holds = facts.sizeBytes();
            if (offset < 0 || sizeBytes <= 0 || offset > holds || sizeBytes > holds - offset) {
                throw Errno.failure(what + " (it holds %d)".formatted(holds), -Errno.EINVAL);
            }
            return new LinuxSharedMemory(descriptor, offset, sizeBytes);
        } catch (RuntimeException failure) {
            new Descriptor(descriptor).close();
            throw failure;
        }
    }
}
