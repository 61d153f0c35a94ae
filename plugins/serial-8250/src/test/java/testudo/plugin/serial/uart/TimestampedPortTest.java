package testudo.plugin.serial.uart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class TimestampedPortTest {
    @Test
    void eachLineStartsWithTheTime() {
        FakeHostPort host = new FakeHostPort();
        TimestampedPort port = new TimestampedPort(host, () -> 1_500);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocateFrom("one\r\ntwo\n\n");
            port.write(text, 0, text.byteSize() - 1);
        }
        port.close();
        assertEquals("[1970-01-01T00:00:01.500Z] one\r\n[1970-01-01T00:00:01.500Z] two\n\n", host.output.toString());
        assertEquals(1, host.closes);
    }
}
