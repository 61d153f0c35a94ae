package testudo.plugin.debugcon;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import testudo.spi.platform.PlatformDevice;
import testudo.spi.serial.SerialPort;

/// One debug console. Closes its [SerialPort].
final class Debugcon implements PlatformDevice {
    /// By which a guest sees that somebody listens.
    private static final long SIGNATURE = 0xE9;

    private final SerialPort port;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment output = arena.allocate(1);
    private boolean closed;

    /// Makes it.
    /// @param port the host's side
    Debugcon(SerialPort port) {
        this.port = port;
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long ones = sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        return (ones & ~0xFFL) | SIGNATURE;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        output.set(ValueLayout.JAVA_BYTE, 0, (byte) value);
        port.write(output, 0, 1);
    }

    @Override
    public void reset() {}

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            port.close();
            arena.close();
        }
    }
}
