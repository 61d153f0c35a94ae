package testudo.plugin.serial.backends;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import testudo.spi.host.HostHandle;
import testudo.spi.host.Pollable;

/// Input from a stream, through a small buffer that the host can write.
final class PortInput implements AutoCloseable {
    private static final int STEP_BYTES = 1024;

    private final ByteStream stream;
    private final HostHandle mode;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment raw = arena.allocate(STEP_BYTES);

    /// Takes over a stream.
    /// @param stream closed with it
    /// @param mode closed with it: a terminal's raw mode
    PortInput(ByteStream stream, HostHandle mode) {
        this.stream = stream;
        this.mode = mode;
    }

    Optional<Pollable> pollable() {
        return stream.pollable();
    }

    int read(MemorySegment to, long offset, int lengthBytes) {
        if (lengthBytes == 0) {
            return 0;
        }
        long got = stream.read(raw, 0, Math.min(lengthBytes, STEP_BYTES));
        if (got <= 0) {
            return got == ByteStream.AGAIN ? 0 : -1;
        }
        MemorySegment.copy(raw, 0, to, offset, got);
        return (int) got;
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
