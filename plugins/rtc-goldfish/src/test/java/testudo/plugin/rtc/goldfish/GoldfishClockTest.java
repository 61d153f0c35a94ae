package testudo.plugin.rtc.goldfish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import testudo.spi.device.MachineFacts;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.testing.driver.SteppedHost;

class GoldfishClockTest {
    private static final long START_MILLIS = 1_790_000_000_123L;
    private static final long MILLI = 1_000_000;

    private final SteppedHost host = new SteppedHost(START_MILLIS);
    private boolean high;
    private final GoldfishClock clock = new GoldfishClock(level -> high = level, host, host);

    private long time() {
        long low = clock.read(0, 0, 4);
        return clock.read(0, 4, 4) << 32 | low;
    }

    private void write(long offset, long value) {
        clock.write(0, offset, 4, value & 0xFFFF_FFFFL);
    }

    private void time(long nanos) {
        write(4, nanos >>> 32);
        write(0, nanos);
    }

    private void alarm(long nanos) {
        write(0xC, nanos >>> 32);
        write(8, nanos);
        write(0x10, 1);
    }

    @Test
    void showsTheHostsTime() {
        assertEquals(START_MILLIS * MILLI, time());
        host.pass(1500);
        assertEquals((START_MILLIS + 1500) * MILLI, time());
    }

    @Test
    void halvesBelongTogether() {
        time(0x1_FFFF_FFFFL);
        long low = clock.read(0, 0, 4);
        host.pass(1);
        assertEquals(0xFFFF_FFFFL, low);
        assertEquals(1, clock.read(0, 4, 4));
    }

    @Test
    void guestSetsItsOwnTime() {
        time(5_000 * MILLI);
        host.pass(250);
        assertEquals(5_250 * MILLI, time());
    }

    @Test
    void alarmInterruptsUntilItIsCleared() {
        alarm((START_MILLIS + 100) * MILLI);
        assertEquals(1, clock.read(0, 0x18, 4));
        host.pass(99);
        assertFalse(high);
        host.pass(2);
        assertTrue(high);
        assertEquals(0, clock.read(0, 0x18, 4));
        write(0x1C, 1);
        assertFalse(high);
        host.pass(1000);
        assertFalse(high);
    }

    @Test
    void alarmOfThePastRingsAtOnce() {
        alarm(1);
        assertTrue(high);
        write(0x10, 0);
        assertFalse(high);
    }

    @Test
    void clearedAlarmDoesNotRing() {
        alarm((START_MILLIS + 100) * MILLI);
        write(0x14, 1);
        host.pass(500);
        assertFalse(high);
    }

    @Test
    void timeThatIsSetPastTheAlarmRings() {
        alarm((START_MILLIS + 1_000_000) * MILLI);
        time((START_MILLIS + 2_000_000) * MILLI);
        assertTrue(high);
    }

    @Test
    void resetKeepsTheTime() {
        time(5_000 * MILLI);
        alarm(1);
        clock.reset();
        assertFalse(high);
        assertEquals(5_000 * MILLI, time());
    }

    @Test
    void onlyWordsAreAccesses() {
        clock.write(0, 4, 8, 1);
        clock.write(0, 0, 1, 1);
        assertEquals(START_MILLIS * MILLI, time());
        assertEquals(0, clock.read(0, 0, 8));
    }

    @Test
    void closesItsTimerOnce() {
        clock.close();
        clock.close();
        assertTrue(host.timers().getFirst().closed());
    }

    @Property(tries = 200)
    void anyGuestIsSurvived(@ForAll @Size(max = 100) List<Long> accesses) {
        for (long access : accesses) {
            write((access & 0x1F) & ~3, access >>> 8);
            clock.write(0, access & 0xFFF, 1 << (access >>> 12 & 3), access >>> 16);
            clock.read(0, access >>> 4 & 0xFFF, 1 << (access >>> 12 & 3));
            host.pass(1);
        }
    }

    @Test
    void onlyRiscvMachinesHaveOne() {
        GoldfishProvider provider = new GoldfishProvider();
        Configuration none = given(List.of());
        assertEquals(1, provider.devices(none, new MachineFacts("riscv64", 1, 1, 1, 0)).size());
        assertEquals(0, provider.devices(none, new MachineFacts("x86_64", 1, 1, 1, 0)).size());
        OptionDeclaration<Boolean> noClock = OptionDeclaration.flag("no-rtc", "", "");
        Configuration without = given(List.of(new Occurrence<>(noClock, true, 0, "--no-rtc")));
        assertEquals(0, provider.devices(without, new MachineFacts("riscv64", 1, 1, 1, 0)).size());
    }

    private static Configuration given(List<Occurrence<?>> all) {
        return new Configuration() {
            @Override
            @SuppressWarnings("unchecked")
            public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
                return all.stream().filter(o -> o.option().equals(option)).map(o -> (Occurrence<T>) o).toList();
            }
        };
    }
}
