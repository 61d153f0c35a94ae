package testudo.core.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// The private channel between a machine and one of its device processes: a message socket, one JSON value a message. One thread at a time.
final class ControlChannel implements AutoCloseable {
    private static final int MAX_BYTES = 128 << 10;
    /// Taken at once, so that a flood leaves others their turn.
    private static final int MAX_MESSAGES = 16;

    private final HostPlatform host;
    private final LocalSocket socket;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(MAX_BYTES);

    /// Takes ownership of a connection.
    ControlChannel(HostPlatform host, LocalSocket socket) {
        this.host = host;
        this.socket = socket;
    }

    LocalSocket socket() {
        return socket;
    }

    /// @throws VmmException.Config when it is too long
    /// @throws VmmException.Host when the other side has gone or does not read
    void send(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_BYTES) {
            throw new VmmException.Config("a message to or from a device process is longer than %d bytes".formatted(MAX_BYTES));
        }
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        long sent = socket.send(buffer, 0, bytes.length);
        if (sent != bytes.length) {
            throw new VmmException.Host(VmmException.Kind.IO, "a device process does not listen: " + sent);
        }
    }

    /// Takes what has come, a few messages at most, without waiting.
    /// @param each takes a message
    /// @return false when the other side has gone
    boolean drain(Consumer<String> each) {
        for (int i = 0; i < MAX_MESSAGES; i++) {
            long count = socket.receive(buffer, 0, MAX_BYTES);
            if (count <= 0) {
                return count == LocalSocket.AGAIN;
            }
            each.accept(text(count));
        }
        return true;
    }

    private String text(long count) {
        return new String(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /// Waits for a message.
    /// @param limitNanos how long at most
    /// @return nothing when the other side has gone
    /// @throws VmmException.Host when it takes too long
    Optional<String> receive(long limitNanos) {
        long end = host.events().monotonicNanos() + limitNanos;
        try (Poller poller = host.events().newPoller()) {
            poller.add(socket, 0, Poller.READABLE);
            while (true) {
                long count = socket.receive(buffer, 0, MAX_BYTES);
                if (count != LocalSocket.AGAIN) {
                    return count <= 0
                            ? Optional.empty()
                            : Optional.of(text(count));
                }
                long left = end - host.events().monotonicNanos();
                if (left <= 0) {
                    throw new VmmException.Host(VmmException.Kind.IO, "a device process does not answer");
                }
                poller.await(left);
            }
        }
    }

    /// Reads a message as an array of numbers.
    static List<Long> numbers(Object json) {
        if (json instanceof List<?> list && list.stream().allMatch(Long.class::isInstance)) {
            return list.stream().map(Long.class::cast).toList();
        }
        throw new VmmException.Host(VmmException.Kind.IO, "a device process says " + JsonText.write(json));
    }

    @Override
    public void close() {
        socket.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
