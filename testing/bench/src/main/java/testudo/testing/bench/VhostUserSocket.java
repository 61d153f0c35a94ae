package testudo.testing.bench;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// The frontend's end of a vhost-user connection: messages of QEMU's "Vhost-user Protocol", with handles. For one thread.
final class VhostUserSocket implements AutoCloseable {
    private static final int HEADER_BYTES = 12;
    private static final int MAX_PAYLOAD_BYTES = 256;
    private static final int VERSION = 1;
    private static final int FLAGS = 4;
    private static final int SIZE = 8;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int CONTROL_BYTES = 24;
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    private static final ValueLayout.OfLong LONG_UNALIGNED = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final MethodHandle SENDMSG = sendmsg();

    private final LocalSocket socket;
    private final Poller poller;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment message = arena.allocate(HEADER_BYTES + MAX_PAYLOAD_BYTES, Long.BYTES);
    /// `struct iovec`, `struct cmsghdr` with one descriptor, `struct msghdr`; x86-64 and the other 64-bit machine types agree on them.
    private final MemorySegment vector = arena.allocate(16, Long.BYTES);
    private final MemorySegment control = arena.allocate(CONTROL_BYTES, Long.BYTES);
    private final MemorySegment header = arena.allocate(56, Long.BYTES);

    /// Connects.
    /// @param path where the backend listens
    /// @param host the platform
    VhostUserSocket(Path path, HostPlatform host) {
        socket = host.sockets().connect(path, HostSockets.Kind.STREAM);
        poller = host.events().newPoller();
        poller.add(socket, 0, Poller.READABLE);
        vector.set(ADDRESS, 0, message);
        header.set(ADDRESS, 16, vector);
        header.set(JAVA_LONG, 24, 1);
        control.set(JAVA_LONG, 0, CONTROL_BYTES - 4L);
        control.set(JAVA_INT, 8, SOL_SOCKET);
        control.set(JAVA_INT, 12, SCM_RIGHTS);
    }

    @SuppressWarnings("restricted") // downcallHandle
    private static MethodHandle sendmsg() {
        return Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("sendmsg"),
                FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    }

    /// Sends a request without a payload and takes its answer.
    /// @param request which
    /// @return the answer's 64 bits
    long ask(int request) throws IOException {
        transmit(request, 0, null);
        receive(request);
        return message.get(LONG_UNALIGNED, HEADER_BYTES);
    }

    /// Sends a request with a number.
    /// @param request which
    /// @param value 64 bits
    void number(int request, long value) throws IOException {
        message.set(LONG_UNALIGNED, HEADER_BYTES, value);
        transmit(request, Long.BYTES, null);
    }

    /// Sends a request with a number and a handle.
    /// @param request which
    /// @param value 64 bits
    /// @param handle duplicated by the backend
    void handle(int request, long value, HostHandle handle) throws IOException {
        message.set(LONG_UNALIGNED, HEADER_BYTES, value);
        transmit(request, Long.BYTES, handle);
    }

    /// Sends a request without a payload and without an answer.
    /// @param request which
    void plain(int request) throws IOException {
        transmit(request, 0, null);
    }

    /// Sends a request about a queue.
    /// @param request which
    /// @param queue its index
    /// @param value 32 bits
    void queue(int request, int queue, int value) throws IOException {
        number(request, Integer.toUnsignedLong(queue) | (long) value << 32);
    }

    /// Sends a request with several numbers and perhaps a handle.
    /// @param request which
    /// @param handle duplicated by the backend; null for none
    /// @param values 64 bits each
    void numbers(int request, @org.jspecify.annotations.Nullable HostHandle handle, long... values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            message.set(LONG_UNALIGNED, HEADER_BYTES + (long) Long.BYTES * i, values[i]);
        }
        transmit(request, Long.BYTES * values.length, handle);
    }

    private void transmit(int request, int payloadBytes, @org.jspecify.annotations.Nullable HostHandle handle) throws IOException {
        message.set(JAVA_INT, 0, request);
        message.set(JAVA_INT, FLAGS, VERSION);
        message.set(JAVA_INT, SIZE, payloadBytes);
        vector.set(JAVA_LONG, 8, HEADER_BYTES + (long) payloadBytes);
        header.set(ADDRESS, 32, handle == null ? MemorySegment.NULL : control);
        header.set(JAVA_LONG, 40, handle == null ? 0 : CONTROL_BYTES);
        if (handle != null) {
            control.set(JAVA_INT, 16, OpenDescriptor.of(handle));
        }
        long sent;
        try {
            // NATIVE: ssize_t sendmsg(int, const struct msghdr *, int). All that the header points to lives as long as this object.
            sent = (long) SENDMSG.invokeExact(OpenDescriptor.of(socket), header, MSG_NOSIGNAL);
        } catch (Throwable broken) {
            throw new AssertionError("sendmsg: linkage is wrong", broken);
        }
        if (sent != HEADER_BYTES + payloadBytes) {
            throw new IOException("vhost-user request %d could not be sent".formatted(request));
        }
    }

    private void receive(int request) throws IOException {
        read(0, HEADER_BYTES);
        int payloadBytes = message.get(JAVA_INT, SIZE);
        if (message.get(JAVA_INT, 0) != request || payloadBytes < Long.BYTES || payloadBytes > MAX_PAYLOAD_BYTES) {
            throw new IOException("vhost-user request %d got an answer to %d with %d bytes"
                    .formatted(request, message.get(JAVA_INT, 0), payloadBytes));
        }
        read(HEADER_BYTES, payloadBytes);
    }

    private void read(int from, int lengthBytes) throws IOException {
        int read = 0;
        while (read < lengthBytes) {
            long got = socket.receive(message, from + read, lengthBytes - read);
            if (got == LocalSocket.AGAIN) {
                if (poller.await(PATIENCE_NANOS) == 0) {
                    throw new IOException("the vhost-user backend does not answer");
                }
            } else if (got <= 0) {
                throw new IOException("the vhost-user backend has gone");
            } else {
                read += (int) got;
            }
        }
    }

    @Override
    public void close() {
        poller.close();
        socket.close();
        arena.close();
    }
}
