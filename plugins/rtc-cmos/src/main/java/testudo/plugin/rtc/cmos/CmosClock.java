package testudo.plugin.rtc.cmos;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.function.LongSupplier;

/// The time registers as numbers, kept as an offset to a host clock.
final class CmosClock {
    private static final int MILLIS = 1000;
    /// The chip announces an update 244 µs ahead; a millisecond clock can only say "soon".
    private static final int UPDATE_SOON_MILLIS = 998;

    private final LongSupplier wallMillis;
    private long offsetSeconds;

    /// Makes a clock that shows the host's UTC time.
    /// @param wallMillis milliseconds since 1970-01-01T00:00Z
    CmosClock(LongSupplier wallMillis) {
        this.wallMillis = wallMillis;
    }

    /// What the clock shows.
    /// @return the time, to the second
    LocalDateTime now() {
        return LocalDateTime.ofEpochSecond(seconds(), 0, ZoneOffset.UTC);
    }

    /// What the clock shows as a number.
    /// @return seconds since 1970
    long seconds() {
        return Math.floorDiv(wallMillis.getAsLong(), (long) MILLIS) + offsetSeconds;
    }

    /// How long until the next second.
    /// @return 1 to 1000 ms
    int millisToNextSecond() {
        return MILLIS - (int) Math.floorMod(wallMillis.getAsLong(), (long) MILLIS);
    }

    /// Whether the registers change so soon that a driver should wait.
    /// @return true in the last 2 ms of a second
    boolean updateSoon() {
        return Math.floorMod(wallMillis.getAsLong(), (long) MILLIS) >= UPDATE_SOON_MILLIS;
    }

    /// Sets the clock. Values that no calendar has are moved to the nearest that it has.
    /// @param fields century, year, month, day, hour, minute, second, each 0 to 255
    void set(int[] fields) {
        int year = Math.min(fields[0], 99) * 100 + Math.min(fields[1], 99);
        int month = Math.clamp(fields[2], 1, 12);
        int day = Math.clamp(fields[3], 1, LocalDate.of(year, month, 1).lengthOfMonth());
        LocalTime time = LocalTime.of(Math.min(fields[4], 23), Math.min(fields[5], 59), Math.min(fields[6], 59));
        long wanted = LocalDateTime.of(LocalDate.of(year, month, day), time).toEpochSecond(ZoneOffset.UTC);
        offsetSeconds += wanted - seconds();
    }
}
