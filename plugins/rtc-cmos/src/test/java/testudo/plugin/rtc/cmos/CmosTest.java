package testudo.plugin.rtc.cmos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import testudo.spi.device.MachineFacts;
import testudo.testing.driver.SteppedHost;

class CmosTest {
    private static final MachineFacts FACTS = new MachineFacts("x86_64", 4, 6L << 30, 0xD000_0000L, 3L << 30);

    private final SteppedHost host = new SteppedHost(Instant.parse("2026-11-22T17:05:09Z").toEpochMilli());
    private final List<Boolean> levels = new ArrayList<>();
    private final Cmos cmos = new Cmos(levels::add, host, host, FACTS);

    private int get(int register) {
        cmos.write(0, 0, 1, register);
        return (int) cmos.read(0, 1, 1);
    }

    private void put(int register, int value) {
        cmos.write(0, 0, 1, register);
        cmos.write(0, 1, 1, value);
    }

    private boolean high() {
        return !levels.isEmpty() && levels.getLast();
    }

    @Test
    void showsTheHostsTimeInBcd() {
        assertEquals(0x09, get(0));
        assertEquals(0x05, get(2));
        assertEquals(0x17, get(4));
        assertEquals(1, get(6), "a Sunday");
        assertEquals(0x22, get(7));
        assertEquals(0x11, get(8));
        assertEquals(0x26, get(9));
        assertEquals(0x20, get(0x32));
    }

    @Test
    void showsBinaryAndTwelveHours() {
        put(0xB, 4);
        assertEquals(0x80 | 5, get(4));
        assertEquals(22, get(7));
        put(0xB, 6);
        assertEquals(17, get(4));
    }

    @Test
    void theGuestSetsTheClockWhileItIsHalted() {
        put(0xB, 0x82);
        put(0x32, 0x20);
        put(9, 0x30);
        put(8, 0x02);
        put(7, 0x31);
        put(4, 0x23);
        put(2, 0x59);
        put(0, 0x58);
        host.pass(5000);
        assertEquals(0x58, get(0));
        put(0xB, 2);
        assertEquals(0x28, get(7), "there is no 31st of February");
        host.pass(2000);
        assertEquals(0x00, get(0));
        assertEquals(0x03, get(8));
    }

    @Test
    void anUpdateIsAnnounced() {
        assertEquals(0x26, get(0xA));
        host.pass(998);
        assertEquals(0xA6, get(0xA));
        host.pass(2);
        assertEquals(0x26, get(0xA));
    }

    @Test
    void updateInterruptsOncePerSecondUntilRead() {
        put(0xB, 0x12);
        host.pass(1000);
        assertTrue(high());
        host.pass(3000);
        assertEquals(1, levels.stream().filter(level -> level).count());
        assertEquals(0x90, get(0xC));
        assertFalse(high());
        assertEquals(0, get(0xC));
    }

    @Test
    void alarmInterruptsAtItsTime() {
        put(1, 0x11);
        put(3, 0xFF);
        put(5, 0x17);
        put(0xB, 0x22);
        host.pass(1500);
        assertFalse(high());
        host.pass(1000);
        assertTrue(high());
        assertEquals(0xB0, get(0xC));
    }

    @Test
    void alarmHonoursDayAndMonth() {
        put(1, 0x10);
        put(3, 0x05);
        put(5, 0x17);
        put(0x33, 0x23);
        put(0xB, 0x22);
        host.pass(1500);
        assertFalse(high(), "tomorrow");
        put(1, 0x12);
        put(0x33, 0x22);
        put(0x34, 0x12);
        host.pass(2000);
        assertFalse(high(), "next month");
        put(1, 0x14);
        put(0x34, 0x11);
        host.pass(2000);
        assertTrue(high());
    }

    @Test
    void periodicInterruptsAtTheirRate() {
        put(0xA, 0x2F);
        put(0xB, 0x42);
        int interrupts = 0;
        for (int i = 0; i < 20; i++) {
            host.pass(100);
            interrupts += get(0xC) == 0 ? 0 : 1;
        }
        assertEquals(4, interrupts, "2 Hz");
        assertTrue((get(0xC) & 0x40) == 0);
    }

    @Test
    void nothingTicksWithoutAnInterruptThatWantsIt() {
        assertTrue(host.timers().stream().noneMatch(SteppedHost.Timer::armed));
        put(0xB, 0x72);
        assertTrue(host.timers().stream().allMatch(SteppedHost.Timer::armed));
        cmos.reset();
        assertTrue(host.timers().stream().noneMatch(SteppedHost.Timer::armed));
    }

    @Test
    void tellsMemorySizes() {
        assertEquals(0xCF00, get(0x35) << 8 | get(0x34));
        assertEquals(0xC000, get(0x5D) << 16 | get(0x5C) << 8 | get(0x5B));
        assertEquals(640, get(0x16) << 8 | get(0x15));
        assertEquals(3, get(0x5F));
        assertEquals(0x80, get(0xD));
    }

    @Test
    void keepsWhatTheGuestStores() {
        put(0x80 | 0x7F, 0x5A);
        assertEquals(0x5A, get(0x7F));
    }

    @Test
    void closesItsTimersOnce() {
        cmos.close();
        cmos.close();
        assertTrue(host.timers().stream().allMatch(SteppedHost.Timer::closed));
    }
}
