package testudo.plugin.irqchip.x86;

/// One counter of an 8254 (Intel 8254 data sheet, "Mode Definitions"). Times are nanoseconds of one monotonic clock.
///
/// Under the lock.
final class PitChannel {
    /// Ticks per second.
    static final int HZ = 1_193_182;

    private static final long NANOS = 1_000_000_000L;
    private static final int LOW_BYTE = 1;
    private static final int HIGH_BYTE = 2;
    private static final int FULL = 0x10000;

    private int mode;
    private int access = LOW_BYTE | HIGH_BYTE;
    private boolean bcd;
    private int reload = FULL;
    private boolean loaded;
    private boolean gate;
    private long startNanos;
    private long stoppedTicks;
    private int latchedCount;
    private int latchedBytes;
    private int latchedStatus = -1;
    private int writtenLow = -1;
    private boolean readHighNext;

    /// Makes a counter that has not been programmed.
    /// @param gate the level of its gate
    PitChannel(boolean gate) {
        this.gate = gate;
    }

    /// The counting mode.
    /// @return 0 to 5
    int mode() {
        return mode;
    }

    /// Whether it repeats by itself.
    /// @return true for the rate and square wave generators
    boolean repeats() {
        return mode == 2 || mode == 3;
    }

    /// How long the loaded count takes.
    /// @return nanoseconds
    long periodNanos() {
        return (reload * NANOS + HZ - 1) / HZ;
    }

    /// The level of the gate.
    /// @return the level
    boolean gate() {
        return gate;
    }

    /// Sets the gate.
    /// @param high its level
    /// @param now the time
    void gate(boolean high, long now) {
        if (high == gate) {
            return;
        }
        boolean pauses = mode == 0 || mode == 4;
        if (pauses && !high) {
            stoppedTicks = ticks(now);
        }
        gate = high;
        if (high) {
            // Modes 1, 2, 3 and 5 start anew with a rising gate.
            startNanos = pauses ? now - stoppedTicks * NANOS / HZ : now;
        }
    }

    /// The output.
    /// @param now the time
    /// @return its level
    boolean output(long now) {
        if (!loaded) {
            return mode != 0;
        }
        long ticks = ticks(now);
        return switch (mode) {
            case 0, 1 -> ticks >= reload;
            case 2 -> !gate || ticks % reload != reload - 1;
            case 3 -> !gate || ticks % reload < (reload + 1) / 2;
            default -> ticks != reload;
        };
    }

    /// Takes a control word for this counter.
    /// @param control bits 0-5 of the word
    /// @param now the time
    void control(int control, long now) {
        int bytes = control >>> 4 & 3;
        if (bytes == 0) {
            latchCount(now);
            return;
        }
        access = bytes;
        int wanted = control >>> 1 & 7;
        mode = wanted > 5 ? wanted - 4 : wanted;
        bcd = (control & 1) != 0;
        loaded = false;
        writtenLow = -1;
        latchedBytes = 0;
        latchedStatus = -1;
        readHighNext = false;
    }

    /// Keeps the count for the next reads.
    /// @param now the time
    void latchCount(long now) {
        if (latchedBytes == 0) {
            latchedCount = count(now);
            latchedBytes = access;
        }
    }

    /// Keeps the status for the next read.
    /// @param now the time
    void latchStatus(long now) {
        if (latchedStatus < 0) {
            latchedStatus = (output(now) ? 0x80 : 0) | (loaded ? 0 : 0x40) | access << 4 | mode << 1 | (bcd ? 1 : 0);
        }
    }

    /// Reads the counter's port.
    /// @param now the time
    /// @return 8 bits
    int read(long now) {
        if (latchedStatus >= 0) {
            int status = latchedStatus;
            latchedStatus = -1;
            return status;
        }
        if (latchedBytes != 0) {
            boolean low = (latchedBytes & LOW_BYTE) != 0;
            latchedBytes &= low ? HIGH_BYTE : 0;
            return (low ? latchedCount : latchedCount >>> 8) & 0xFF;
        }
        boolean high = access == HIGH_BYTE || (access == (LOW_BYTE | HIGH_BYTE) && readHighNext);
        readHighNext = !high;
        int count = count(now);
        return (high ? count >>> 8 : count) & 0xFF;
    }

    /// Writes the counter's port.
    /// @param value 8 bits
    /// @param now the time
    /// @return whether a new count was loaded
    boolean write(int value, long now) {
        int written;
        if (access == LOW_BYTE) {
            written = value;
        } else if (access == HIGH_BYTE) {
            written = value << 8;
        } else if (writtenLow < 0) {
            writtenLow = value;
            return false;
        } else {
            written = value << 8 | writtenLow;
            writtenLow = -1;
        }
        int count = bcd ? fromBcd(written) : written;
        reload = count == 0 ? bcd ? 10_000 : FULL : count;
        loaded = true;
        startNanos = now;
        stoppedTicks = 0;
        return true;
    }

    private long ticks(long now) {
        if (!gate && (mode == 0 || mode == 4)) {
            return stoppedTicks;
        }
        long nanos = Math.max(now - startNanos, 0);
        return nanos / NANOS * HZ + nanos % NANOS * HZ / NANOS;
    }

    private int count(long now) {
        long ticks = loaded ? ticks(now) : 0;
        long left = switch (mode) {
            case 2 -> reload - ticks % reload;
            case 3 -> reload - 2 * ticks % reload;
            default -> reload - ticks;
        };
        return bcd ? toBcd((int) Math.floorMod(left, 10_000L)) : (int) left & 0xFFFF;
    }

    private static int fromBcd(int value) {
        return (value >>> 12 & 0xF) * 1000 + (value >>> 8 & 0xF) * 100 + (value >>> 4 & 0xF) * 10 + (value & 0xF);
    }

    private static int toBcd(int value) {
        return (value / 1000) << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
    }
}
