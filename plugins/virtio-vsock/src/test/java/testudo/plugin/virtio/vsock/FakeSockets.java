package testudo.plugin.virtio.vsock;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import testudo.spi.VmmException;
import testudo.spi.host.HostSockets;
import testudo.spi.host.LocalListener;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;
import testudo.testing.driver.MemorySource;

/// Sockets in memory whose other end is the test.
final class FakeSockets implements HostSockets {
    final List<String> connected = new ArrayList<>();
    final List<Socket> open = new ArrayList<>();
    final Map<Path, ArrayDeque<Socket>> clients = new HashMap<>();
    final List<Path> listening = new ArrayList<>();
    boolean refuses;
    boolean full;
    boolean taken;

    /// This end of a socket.
    static final class Socket extends MemorySource implements LocalSocket {
        private static final int PIPE = -32;
        private final boolean messages;
        final ArrayDeque<byte[]> input = new ArrayDeque<>();
        final ArrayDeque<byte[]> output = new ArrayDeque<>();
        final Set<Direction> shut = EnumSet.noneOf(Direction.class);
        /// What the other end still takes.
        long room = Long.MAX_VALUE;
        /// The message that there was no room for: until there is, the socket is not writable.
        private long refusedBytes;
        /// The other end sends no more.
        boolean ended;
        /// The other end is closed.
        boolean hungUp;
        boolean closed;

        Socket(boolean messages) {
            this.messages = messages;
        }

        Socket say(String text) {
            input.add(text.getBytes(StandardCharsets.ISO_8859_1));
            return this;
        }

        String heard() {
            StringBuilder all = new StringBuilder();
            output.forEach(piece -> all.append(new String(piece, StandardCharsets.ISO_8859_1)).append(messages ? "|" : ""));
            return all.toString();
        }

        @Override
        public int ready() {
            return (input.isEmpty() && !ended && !hungUp ? 0 : Poller.READABLE) | (room == 0 || room < refusedBytes ? 0 : Poller.WRITABLE)
                    | (hungUp ? Poller.HANG_UP : 0);
        }

        @Override
        public long receive(MemorySegment to, long offset, long lengthBytes) {
            byte[] first = input.poll();
            if (first == null) {
                return ended || hungUp ? 0 : AGAIN;
            }
            int length = (int) Math.min(lengthBytes, first.length);
            MemorySegment.copy(first, 0, to, ValueLayout.JAVA_BYTE, offset, length);
            if (length < first.length && !messages) {
                input.addFirst(java.util.Arrays.copyOfRange(first, length, first.length));
            }
            return length;
        }

        @Override
        public long send(MemorySegment from, long offset, long lengthBytes) {
            if (hungUp || shut.contains(Direction.SEND)) {
                return PIPE;
            }
            if (room == 0 || (messages && room < lengthBytes)) {
                refusedBytes = messages ? lengthBytes : 0;
                return AGAIN;
            }
            refusedBytes = 0;
            int length = (int) Math.min(room, lengthBytes);
            output.add(from.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
            room -= length;
            return length;
        }

        @Override
        public long shutdown(Direction direction) {
            shut.add(direction);
            return 0;
        }

        @Override
        public void close() {
            closed = true;
        }

        byte[] bytes() {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            output.forEach(all::writeBytes);
            return all.toByteArray();
        }
    }

    private final class Listener extends MemorySource implements LocalListener {
        private final ArrayDeque<Socket> queue;

        Listener(ArrayDeque<Socket> queue) {
            this.queue = queue;
        }

        @Override
        public int ready() {
            return queue.isEmpty() ? 0 : Poller.READABLE;
        }

        @Override
        public Optional<LocalSocket> accept() {
            return Optional.ofNullable(queue.poll());
        }

        @Override
        public void close() {}
    }

    @Override
    public LocalListener listen(Path path, Kind kind) {
        if (taken) {
            throw new VmmException.Host(VmmException.Kind.IO, "cannot listen on %s: EADDRINUSE".formatted(path));
        }
        listening.add(path);
        return new Listener(clients.computeIfAbsent(path, any -> new ArrayDeque<>()));
    }

    /// A program of the host connects.
    Socket client(String path, boolean messages) {
        Socket socket = new Socket(messages);
        clients.get(Path.of(path)).add(socket);
        open.add(socket);
        return socket;
    }

    @Override
    public LocalSocket connect(Path path, Kind kind) {
        throw new AssertionError("a device must not wait");
    }

    @Override
    public Optional<LocalSocket> tryConnect(Path path, Kind kind) {
        if (refuses) {
            throw new VmmException.Host(VmmException.Kind.MISSING, "cannot connect to %s: ECONNREFUSED".formatted(path));
        }
        if (full) {
            return Optional.empty();
        }
        connected.add(path + " " + kind);
        Socket socket = new Socket(kind == Kind.SEQPACKET);
        open.add(socket);
        return Optional.of(socket);
    }
}
