package testudo.plugin.serial.uart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UartTest {
    private final FakeHostPort host = new FakeHostPort();
    private final List<Boolean> levels = new ArrayList<>();
    private final Uart uart = new Uart(host, levels::add, host);

    private int in(int register) {
        return (int) uart.read(0, register, 1);
    }

    private void out(int register, int value) {
        uart.write(0, register, 1, value);
    }

    private boolean high() {
        return !levels.isEmpty() && levels.getLast();
    }

    @Test
    void printsWhatIsSent() {
        out(0, 'h');
        out(0, 'i');
        assertEquals("hi", host.output.toString());
        assertEquals(0x60, in(5));
    }

    @Test
    void passesTheDetectionOfA16550A() {
        out(1, 0);
        assertEquals(0, in(1));
        out(1, 0xFF);
        assertEquals(0x0F, in(1));
        out(1, 0);
        out(4, 0x1A);
        assertEquals(0x90, in(6) & 0xF0);
        out(4, 0);
        out(2, 1);
        assertEquals(3, in(2) >> 6);
        out(2, 0x21);
        assertEquals(6, in(2) >> 5, "not a 16750");
        out(7, 0x5A);
        assertEquals(0x5A, in(7));
    }

    @Test
    void keepsTheDivisorBehindDlab() {
        out(3, 0x83);
        assertEquals(12, in(0));
        out(0, 1);
        out(1, 2);
        assertEquals(1, in(0));
        assertEquals(2, in(1));
        out(3, 3);
        assertEquals(0, in(1));
        assertEquals("", host.output.toString());
    }

    @Test
    void loopsBackDataAndModemLines() {
        out(2, 1);
        out(4, 0x1F);
        assertEquals(0xF0, in(6) & 0xF0);
        for (int i = 0; i < 16; i++) {
            out(0, i);
        }
        assertEquals(0x61, in(5));
        out(0, 16);
        assertEquals(0x63, in(5), "the 17th byte overruns");
        assertEquals(0x61, in(5), "reading clears the overrun");
        for (int i = 0; i < 16; i++) {
            assertEquals(i, in(0));
        }
        assertEquals(0x60, in(5));
        assertEquals("", host.output.toString());
    }

    @Test
    void transmitterInterruptsWhenEnabledAndAfterEachByte() {
        out(1, 2);
        assertTrue(high());
        assertEquals(2, in(2));
        assertFalse(high());
        assertEquals(1, in(2));
        out(0, 'x');
        assertTrue(high());
        out(1, 0);
        assertFalse(high());
    }

    @Test
    void sendingMakesANewEdge() {
        out(1, 2);
        levels.clear();
        out(0, 'x');
        assertEquals(List.of(false, true), levels);
    }

    @Test
    void receiverInterruptsAtTheTriggerLevelAndByTimeout() {
        out(2, 0x81);
        out(1, 1);
        host.type("abcdefgh");
        host.turn();
        assertTrue(high());
        assertEquals(0xC4, in(2));
        in(0);
        assertEquals(0xCC, in(2), "7 bytes are below the trigger level 8");
        for (int i = 0; i < 7; i++) {
            in(0);
        }
        assertFalse(high());
        assertEquals(0xC1, in(2));
    }

    @Test
    void modemStatusInterruptsOnChangesUntilRead() {
        out(1, 8);
        out(4, 0x10);
        assertTrue(high());
        assertEquals(0, in(2) & 0xF);
        assertEquals(0x0B, in(6));
        assertFalse(high());
        assertEquals(0, in(6));
    }

    @Test
    void inputWaitsInTheHostUntilTheGuestListens() {
        host.type("typed early");
        out(2, 7);
        host.turn();
        assertFalse(host.watched());
        out(4, 2);
        host.turn();
        StringBuilder got = new StringBuilder();
        while ((in(5) & 1) != 0) {
            got.append((char) in(0));
        }
        assertEquals("typed early", got.toString());
    }

    @Test
    void aGuestThatPollsIsServed() {
        host.type("k");
        for (int i = 0; i < 16; i++) {
            in(5);
        }
        host.turn();
        assertEquals(0x61, in(5));
        assertEquals('k', in(0));
    }

    @Test
    void noByteIsLostHoweverMuchIsTyped() {
        String text = "0123456789".repeat(50);
        host.type(text);
        out(1, 1);
        StringBuilder got = new StringBuilder();
        while (got.length() < text.length()) {
            host.turn();
            assertTrue((in(5) & 1) != 0, "stuck after " + got.length());
            got.append((char) in(0));
        }
        assertEquals(text, got.toString());
        assertFalse(high());
    }

    @Test
    void aFullFifoStopsWatching() {
        host.type("x".repeat(65));
        out(1, 1);
        host.turn();
        assertFalse(host.watched());
        assertEquals(1, host.typed.size());
    }

    @Test
    void endOfInputEndsTheWatch() {
        out(1, 1);
        host.end = true;
        host.turn();
        assertFalse(host.watched());
        int reads = host.reads;
        in(0);
        out(1, 0);
        out(1, 1);
        host.turn();
        assertEquals(reads, host.reads);
    }

    @Test
    void resetDropsTheInterrupt() {
        out(1, 2);
        uart.reset();
        assertFalse(high());
        assertEquals(0, in(1));
    }

    @Test
    void closesThePortOnce() {
        uart.close();
        uart.close();
        host.turn();
        assertEquals(1, host.closes);
    }

    @Test
    void wideAccessesReachTheRegistersBehindAndOnesPastTheEnd() {
        uart.write(0, 6, 4, 0x11223344L);
        assertEquals(0x33, in(7));
        assertEquals(0xFFFF33B0L, uart.read(0, 6, 4));
    }
}
