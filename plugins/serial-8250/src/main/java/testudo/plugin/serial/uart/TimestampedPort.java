package testudo.plugin.serial.uart;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import java.util.function.LongSupplier;
import testudo.spi.host.Pollable;
import testudo.spi.serial.SerialPort;

/// Puts the time in front of each line of output. Closes the port behind it.
final class TimestampedPort implements SerialPort {
    private static final int STAMP_BYTES = 64;

    private final SerialPort port;
    private final LongSupplier wallMillis;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment stamp = arena.allocate(STAMP_BYTES);
    private boolean atLineStart = true;
    private boolean closed;

    /// Wraps a port.
    /// @param port where output goes
    /// @param wallMillis milliseconds since 1970-01-01T00:00Z
    TimestampedPort(SerialPort port, LongSupplier wallMillis) {
        this.port = port;
        this.wallMillis = wallMillis;
    }

    @Override
    public void write(MemorySegment from, long offset, long lengthBytes) {
        for (long i = offset; i < offset + lengthBytes; i++) {
            byte value = from.get(ValueLayout.JAVA_BYTE, i);
            // Consoles send CR and LF in either order; an empty line needs no time.
            if (atLineStart && value != '\r' && value != '\n') {
                writeStamp();
                atLineStart = false;
            }
            port.write(from, i, 1);
            if (value == '\n') {
                atLineStart = true;
            }
        }
    }

    @Override
    public Optional<Pollable> input() {
        return port.input();
    }

    @Override
    public int read(MemorySegment to, long offset, int lengthBytes) {
        return port.read(to, offset, lengthBytes);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            port.close();
            arena.close();
        }
    }

    private void writeStamp() {
        byte[] text = ("[" + Instant.ofEpochMilli(wallMillis.getAsLong()) + "] ").getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(text, 0, stamp, ValueLayout.JAVA_BYTE, 0, text.length);
        port.write(stamp, 0, text.length);
    }
}
