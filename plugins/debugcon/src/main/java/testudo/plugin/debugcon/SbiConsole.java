package testudo.plugin.debugcon;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.platform.PlatformDevice;
import testudo.spi.serial.SerialPort;

/// The debug console of a RISC-V machine's firmware. Closes its [SerialPort].
///
/// Source: RISC-V Supervisor Binary Interface 2.0, "Debug Console Extension (EID #0x4442434E "DBCN")".
final class SbiConsole implements PlatformDevice {
    /// "DBCN".
    static final long EXTENSION = 0x4442434E;

    private static final int WRITE = 0;
    private static final int READ = 1;
    private static final int WRITE_BYTE = 2;
    private static final long SUCCESS = 0;
    private static final long INVALID_PARAMETER = -3;
    /// The most that one call moves; a guest asks again for the rest.
    private static final long MOST_BYTES = 64 << 10;

    private final SerialPort port;
    private final DeviceMemory.Cursor memory;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment single = arena.allocate(1);
    private boolean closed;

    /// Makes it.
    /// @param port the host's side
    /// @param memory the guest's
    SbiConsole(SerialPort port, DeviceMemory memory) {
        this.port = port;
        this.memory = memory.cursor();
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        return -1;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {}

    @Override
    public boolean call(int resource, long[] call) {
        long function = call[1];
        if (function == WRITE_BYTE) {
            single.set(ValueLayout.JAVA_BYTE, 0, (byte) call[2]);
            port.write(single, 0, 1);
            return answer(call, SUCCESS, 0);
        }
        return (function == WRITE || function == READ) && transfer(call, function == READ);
    }

    /// Arguments: how many bytes, where, and the part of the address beyond 64 bits.
    private boolean transfer(long[] call, boolean toGuest) {
        long asked = call[2];
        long address = call[3];
        if (asked == 0) {
            return answer(call, SUCCESS, 0);
        }
        if (asked < 0 || call[4] != 0) {
            return answer(call, INVALID_PARAMETER, 0);
        }
        long length = Math.min(asked, MOST_BYTES);
        if (!memory.seek(address, length, toGuest)) {
            return answer(call, INVALID_PARAMETER, 0);
        }
        if (toGuest) {
            return answer(call, SUCCESS, Math.max(0, port.read(memory.segment(), memory.offset(), (int) length)));
        }
        port.write(memory.segment(), memory.offset(), length);
        return answer(call, SUCCESS, length);
    }

    private static boolean answer(long[] call, long error, long value) {
        call[0] = error;
        call[1] = value;
        return true;
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
