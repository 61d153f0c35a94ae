package testudo.plugin.serial.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// What a user types, and what of it the guest gets.
class EscapeFilterTest {
    private int exits;
    private final EscapeFilter filter = new EscapeFilter(() -> exits++);

    private String type(String typed) {
        byte[] from = typed.getBytes(StandardCharsets.ISO_8859_1);
        byte[] to = new byte[EscapeFilter.mostBytes(from.length)];
        int length = filter.filter(MemorySegment.ofArray(from), from.length, MemorySegment.ofArray(to));
        return new String(to, 0, length, StandardCharsets.ISO_8859_1);
    }

    @Test
    void ordinaryInputPasses() {
        assertEquals("exit\r", type("exit\r"));
        assertEquals(0, exits);
    }

    @Test
    void escapeAndXEndTheMachine() {
        assertEquals("ab", type("a\u0001xb"));
        assertEquals(1, exits);
    }

    @Test
    void escapeMayBeTypedSlowly() {
        assertEquals("", type("\u0001"));
        assertEquals("", type("x"));
        assertEquals(1, exits);
    }

    @Test
    void escapeTwiceIsOne() {
        assertEquals("\u0001\u0001", type("\u0001\u0001\u0001a"));
    }

    @Test
    void escapeAndAnythingElsePasses() {
        assertEquals("", type("\u0001"));
        assertEquals("\u0001b", type("b"));
        assertEquals(0, exits);
    }
}
