package testudo.plugin.rtc.cmos;

import java.time.LocalDateTime;
import java.util.Arrays;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;
import testudo.spi.irq.InterruptLine;
import testudo.spi.platform.PlatformDevice;

/// The registers (MC146818A data sheet, "Address Map" and "Registers").
///
/// Called under the core's lock for the device. Owns its two timers.
final class Cmos implements PlatformDevice {
    private static final int SIZE = 128;
    private static final int SECONDS = 0;
    private static final int ALARM_SECONDS = 1;
    private static final int MINUTES = 2;
    private static final int ALARM_MINUTES = 3;
    private static final int HOURS = 4;
    private static final int ALARM_HOURS = 5;
    private static final int WEEKDAY = 6;
    private static final int DAY = 7;
    private static final int MONTH = 8;
    private static final int YEAR = 9;
    private static final int A = 0xA;
    private static final int B = 0xB;
    private static final int C = 0xC;
    private static final int D = 0xD;
    private static final int CENTURY = 0x32;
    private static final int ALARM_DAY = 0x33;
    private static final int ALARM_MONTH = 0x34;

    private static final int A_UPDATING = 0x80;
    /// The usual divider for a 32,768 Hz crystal and 1024 Hz.
    private static final int A_POWER_ON = 0x26;
    private static final int A_DIVIDER = 0x70;
    private static final int A_DIVIDER_RUNS = 0x20;
    private static final int B_SET = 0x80;
    private static final int B_BINARY = 4;
    private static final int B_24_HOURS = 2;
    private static final int PERIODIC = 0x40;
    private static final int ALARM = 0x20;
    private static final int UPDATED = 0x10;
    private static final int C_REQUEST = 0x80;
    private static final int D_VALID = 0x80;
    private static final int AFTERNOON = 0x80;
    private static final int ANY = 0xC0;

    private static final long NANOS = 1_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final int CRYSTAL_HZ = 32_768;

    private final InterruptLine line;
    private final MachineFacts facts;
    private final CmosClock clock;
    private final HostTimer seconds;
    private final HostTimer periodic;
    private final EventLoop.Watch secondsWatch;
    private final EventLoop.Watch periodicWatch;
    private final byte[] memory = new byte[SIZE];
    private int index;
    private int control;
    private int flags;
    private long lastSecond;
    private boolean alarmMonthSet;
    private boolean secondsArmed;
    private boolean closed;

    /// Makes a clock in its power-on state.
    /// @param line the interrupt
    /// @param events clock and timers of the host
    /// @param loop where the timers run
    /// @param facts memory sizes and vCPUs for the memory
    Cmos(InterruptLine line, HostEvents events, EventLoop loop, MachineFacts facts) {
        this.line = line;
        this.facts = facts;
        this.clock = new CmosClock(events::wallMillis);
        this.seconds = events.newTimer();
        this.periodic = events.newTimer();
        this.secondsWatch = loop.watch(seconds, Poller.READABLE, ready -> secondPassed());
        this.periodicWatch = loop.watch(periodic, Poller.READABLE, ready -> periodPassed());
        setPowerOnState();
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long ones = sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        if (offset == 1) {
            return (ones & ~0xFFL) | readRegister(index);
        }
        // The index can't be read; a word read reaches the data behind it.
        return sizeBytes == 1 ? ones : (ones & ~0xFF00L) | (long) readRegister(index) << 8;
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        if (offset == 1) {
            writeRegister(index, (int) value & 0xFF);
            return;
        }
        index = (int) value & SIZE - 1;
        if (sizeBytes > 1) {
            writeRegister(index, (int) (value >>> 8) & 0xFF);
        }
    }

    @Override
    public void reset() {
        // As the RESET pin: time, alarm and memory are kept, interrupts are off.
        control &= ~(PERIODIC | ALARM | UPDATED | 8);
        flags = 0;
        index = 0;
        line.set(false);
        updateTimers();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        secondsWatch.cancel();
        periodicWatch.cancel();
        seconds.close();
        periodic.close();
    }

    private void setPowerOnState() {
        Arrays.fill(memory, (byte) 0);
        memory[A] = A_POWER_ON;
        control = B_24_HOURS;
        flags = 0;
        lastSecond = clock.seconds();
        alarmMonthSet = false;
        putShort(0x15, 640);
        long extendedKiB = Math.max(0, facts.ramBelow4GiB() / 1024 - 1024);
        putShort(0x17, (int) Math.min(extendedKiB, 0xFFFF));
        putShort(0x30, (int) Math.min(extendedKiB, 0xFFFF));
        putShort(0x34, (int) Math.min(Math.max(0, (facts.ramBelow4GiB() >> 16) - 256), 0xFFFF));
        long above = Math.min(facts.ramAbove4GiB() >> 16, 0xFF_FFFF);
        putShort(0x5B, (int) above & 0xFFFF);
        memory[0x5D] = (byte) (above >> 16);
        memory[0x5F] = (byte) Math.min(facts.vcpus() - 1, 0xFF);
    }

    private void putShort(int at, int value) {
        memory[at] = (byte) value;
        memory[at + 1] = (byte) (value >> 8);
    }

    private boolean frozen() {
        return (control & B_SET) != 0;
    }

    private int readRegister(int register) {
        return switch (register) {
            case SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY -> {
                if (!frozen()) {
                    latchTime();
                }
                yield memory[register] & 0xFF;
            }
            case A -> (memory[A] & 0x7F) | (!frozen() && clock.updateSoon() ? A_UPDATING : 0);
            case B -> control;
            case C -> takeFlags();
            case D -> D_VALID;
            default -> memory[register] & 0xFF;
        };
    }

    private void writeRegister(int register, int value) {
        switch (register) {
            case SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY -> {
                if (!frozen()) {
                    latchTime();
                }
                memory[register] = (byte) value;
                if (!frozen()) {
                    setClock();
                }
            }
            case A -> {
                memory[A] = (byte) (value & 0x7F);
                updateTimers();
            }
            case B -> writeControl(value);
            case C, D -> {
                // Read-only.
            }
            default -> {
                memory[register] = (byte) value;
                alarmMonthSet |= register == ALARM_MONTH;
            }
        }
    }

    private void writeControl(int value) {
        boolean wasFrozen = frozen();
        if (!wasFrozen && (value & B_SET) != 0) {
            latchTime();
        }
        int before = control;
        // Setting stops update interrupts, as the chip does.
        control = (value & B_SET) != 0 ? value & ~UPDATED : value;
        if (wasFrozen && !frozen()) {
            setClock();
        }
        if (((before ^ control) & (PERIODIC | ALARM | UPDATED | B_SET)) != 0) {
            updateTimers();
        }
        raise(0);
    }

    private int takeFlags() {
        noteSecond();
        int taken = flags;
        flags = 0;
        line.set(false);
        return taken;
    }

    private void latchTime() {
        LocalDateTime now = clock.now();
        int hour = now.getHour();
        boolean twelve = (control & B_24_HOURS) == 0;
        int shownHour = twelve ? (hour + 11) % 12 + 1 : hour;
        memory[SECONDS] = encode(now.getSecond());
        memory[MINUTES] = encode(now.getMinute());
        memory[HOURS] = (byte) (encode(shownHour) | (twelve && hour >= 12 ? AFTERNOON : 0));
        memory[WEEKDAY] = encode(now.getDayOfWeek().getValue() % 7 + 1);
        memory[DAY] = encode(now.getDayOfMonth());
        memory[MONTH] = encode(now.getMonthValue());
        memory[YEAR] = encode(Math.floorMod(now.getYear(), 100));
        memory[CENTURY] = encode(Math.floorMod(now.getYear() / 100, 100));
    }

    private void setClock() {
        clock.set(new int[]{
                decode(memory[CENTURY]), decode(memory[YEAR]), decode(memory[MONTH]), decode(memory[DAY]),
                decodeHour(memory[HOURS]), decode(memory[MINUTES]), decode(memory[SECONDS])});
        lastSecond = clock.seconds();
    }

    private byte encode(int value) {
        return (byte) ((control & B_BINARY) != 0 ? value : (value / 10) << 4 | value % 10);
    }

    private int decode(byte value) {
        int bits = value & 0xFF;
        return (control & B_BINARY) != 0 ? bits : (bits >> 4) * 10 + (bits & 0xF);
    }

    private int decodeHour(byte value) {
        if ((control & B_24_HOURS) != 0) {
            return decode(value);
        }
        return decode((byte) (value & 0x7F)) % 12 + ((value & AFTERNOON) != 0 ? 12 : 0);
    }

    private void updateTimers() {
        secondsArmed = !frozen() && (control & (ALARM | UPDATED)) != 0;
        if (secondsArmed) {
            lastSecond = clock.seconds();
            seconds.arm(clock.millisToNextSecond() * NANOS_PER_MILLI, 0);
        } else {
            seconds.disarm();
        }
        int rate = memory[A] & 0xF;
        boolean runs = (memory[A] & A_DIVIDER) == A_DIVIDER_RUNS;
        if ((control & PERIODIC) == 0 || rate == 0 || !runs) {
            periodic.disarm();
            return;
        }
        // Rates 1 and 2 are the same as 8 and 9.
        int hertz = CRYSTAL_HZ >> ((rate <= 2 ? rate + 7 : rate) - 1);
        periodic.arm(NANOS / hertz, NANOS / hertz);
    }

    private void secondPassed() {
        if (closed || seconds.consume() == 0 || !secondsArmed) {
            return;
        }
        noteSecond();
        seconds.arm(clock.millisToNextSecond() * NANOS_PER_MILLI, 0);
    }

    private void periodPassed() {
        if (!closed && periodic.consume() > 0 && (control & PERIODIC) != 0) {
            raise(PERIODIC);
        }
    }

    private void noteSecond() {
        long now = clock.seconds();
        if (frozen() || now == lastSecond) {
            return;
        }
        lastSecond = now;
        raise(alarmMatches(clock.now()) ? UPDATED | ALARM : UPDATED);
    }

    private boolean alarmMatches(LocalDateTime now) {
        int day = decode(memory[ALARM_DAY]);
        int month = decode(memory[ALARM_MONTH]);
        return matches(memory[ALARM_SECONDS], decode(memory[ALARM_SECONDS]), now.getSecond())
                && matches(memory[ALARM_MINUTES], decode(memory[ALARM_MINUTES]), now.getMinute())
                && matches(memory[ALARM_HOURS], decodeHour(memory[ALARM_HOURS]), now.getHour())
                && (day < 1 || day > 31 || day == now.getDayOfMonth())
                // Until the guest sets it, this byte is half of a memory size.
                && (!alarmMonthSet || month < 1 || month > 12 || month == now.getMonthValue());
    }

    private static boolean matches(byte register, int wanted, int now) {
        return (register & ANY) == ANY || wanted == now;
    }

    private void raise(int events) {
        flags |= events;
        if ((flags & control & (PERIODIC | ALARM | UPDATED)) != 0 && (flags & C_REQUEST) == 0) {
            flags |= C_REQUEST;
            line.set(true);
        }
    }
}
