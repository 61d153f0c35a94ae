package testudo.plugin.debugcon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.spi.host.Pollable;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.serial.SerialPort;

class SbiConsoleTest {
    private static final long RAM = 0x8000_0000L;
    private static final int SIZE = 1 << 20;

    private final MemorySegment ram = MemorySegment.ofArray(new byte[SIZE]);
    private final Port port = new Port();
    private final SbiConsole console = new SbiConsole(port, new Ram());

    @AfterEach
    void closesItsPort() {
        console.close();
        console.close();
        assertEquals(1, port.closes);
    }

    private static final class Port implements SerialPort {
        private final StringBuilder output = new StringBuilder();
        private byte[] input = {};
        private int closes;

        @Override
        public void write(MemorySegment from, long offset, long lengthBytes) {
            output.append(new String(from.asSlice(offset, lengthBytes).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE),
                    StandardCharsets.US_ASCII));
        }

        @Override
        public Optional<Pollable> input() {
            return Optional.empty();
        }

        @Override
        public int read(MemorySegment to, long offset, int lengthBytes) {
            int count = Math.min(lengthBytes, input.length);
            MemorySegment.copy(MemorySegment.ofArray(input), 0, to, offset, count);
            input = Arrays.copyOfRange(input, count, input.length);
            return count == 0 ? -1 : count;
        }

        @Override
        public void close() {
            closes++;
        }
    }

    private final class Ram implements DeviceMemory {
        @Override
        public Cursor cursor() {
            return new Cursor() {
                private long at;

                @Override
                public boolean seek(long address, long lengthBytes, boolean writable) {
                    at = address - RAM;
                    return at >= 0 && at <= SIZE - lengthBytes;
                }

                @Override
                public MemorySegment segment() {
                    return ram;
                }

                @Override
                public long offset() {
                    return at;
                }
            };
        }

        @Override
        public void markDirty(long address, long lengthBytes) {}

        @Override
        public long discard(long address, long lengthBytes) {
            return 0;
        }
    }

    /// What a call answers: error, value.
    private long[] call(long function, long... arguments) {
        long[] call = new long[7];
        call[0] = SbiConsole.EXTENSION;
        call[1] = function;
        System.arraycopy(arguments, 0, call, 2, arguments.length);
        assertEquals(true, console.call(0, call));
        return Arrays.copyOf(call, 2);
    }

    @Test
    void writesWhatMemoryHolds() {
        MemorySegment.copy(MemorySegment.ofArray("hello".getBytes(StandardCharsets.US_ASCII)), 0, ram, 100, 5);
        assertArrayEquals(new long[]{0, 5}, call(0, 5, RAM + 100, 0));
        assertArrayEquals(new long[]{0, 0}, call(2, 0x121)); // the low byte counts
        assertEquals("hello!", port.output.toString());
    }

    @Test
    void readsWhatThereIs() {
        port.input = new byte[]{'a', 'b', 'c'};
        assertArrayEquals(new long[]{0, 2}, call(1, 2, RAM, 0));
        assertArrayEquals(new long[]{0, 1}, call(1, 9, RAM + 2, 0));
        assertArrayEquals(new long[]{0, 0}, call(1, 9, RAM, 0));
        assertEquals('c', ram.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 2));
    }

    @Test
    void aCallIsBounded() {
        assertArrayEquals(new long[]{0, 64 << 10}, call(0, SIZE, RAM, 0));
        assertEquals(64 << 10, port.output.length());
    }

    @Test
    void refusesWhatIsNotMemory() {
        assertArrayEquals(new long[]{-3, 0}, call(0, 1, RAM - 1, 0));
        assertArrayEquals(new long[]{-3, 0}, call(0, 2, RAM + SIZE - 1, 0));
        assertArrayEquals(new long[]{-3, 0}, call(0, -1, RAM, 0));
        assertArrayEquals(new long[]{-3, 0}, call(1, 1, RAM, 1));
        assertArrayEquals(new long[]{0, 0}, call(0, 0, 0, 0));
        assertFalse(console.call(0, new long[]{SbiConsole.EXTENSION, 3, 0, 0, 0, 0, 0}));
        assertFalse(console.call(0, new long[]{SbiConsole.EXTENSION, -1, 0, 0, 0, 0, 0}));
        assertEquals("", port.output.toString());
    }
}
