package testudo.plugin.serial.backends;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.host.HostHandle;
import testudo.spi.host.Pollable;

/// Input from a stream, through a small buffer that the host can write, and a filter for what is typed at a terminal.
final class PortInput implements AutoCloseable {
    private static final int STEP_BYTES = 1024;

    private final ByteStream stream;
    private final Optional<EscapeFilter> filter;
    private final HostHandle mode;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment raw = arena.allocate(STEP_BYTES);
    private final MemorySegment ready = arena.allocate(EscapeFilter.mostBytes(STEP_BYTES));
    /// What the filter made of the last step and the caller had no room for.
    private int first;
    private int end;

    /// Starts with an empty buffer.
    /// @param mode closed with it: a terminal's raw mode
    PortInput(ByteStream stream, Optional<EscapeFilter> filter, HostHandle mode) {
        this.stream = stream;
        this.filter = filter;
        this.mode = mode;
    }

    Optional<Pollable> pollable() {
        return stream.pollable();
    }

    int read(MemorySegment to, long offset, int lengthBytes) {
        if (lengthBytes == 0) {
            return 0;
        }
        if (first == end) {
            // One byte less than asked for: an escape character of the call before may come on top, and must not be left behind
            // where no readiness of the stream announces it.
            int want = filter.isPresent() ? Math.max(1, Math.min(lengthBytes, STEP_BYTES) - 1) : Math.min(lengthBytes, STEP_BYTES);
            long got = stream.read(raw, 0, want);
            if (got <= 0) {
                return got == ByteStream.AGAIN ? 0 : -1;
            }
            first = 0;
            end = filter.isPresent() ? filter.get().filter(raw, (int) got, ready) : copy((int) got);
        }
        int length = Math.min(lengthBytes, end - first);
        MemorySegment.copy(ready, first, to, offset, length);
        first += length;
        return length;
    }

    private int copy(int lengthBytes) {
        MemorySegment.copy(raw, 0, ready, 0, lengthBytes);
        return lengthBytes;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            mode.close();
            stream.close();
            arena.close();
        }
    }
}
