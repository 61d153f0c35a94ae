package testudo.plugin.rtc.goldfish;

import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;
import testudo.spi.irq.InterruptLine;
import testudo.spi.platform.PlatformDevice;

/// The registers ("Goldfish virtual hardware", "Goldfish RTC"): 32 bits each, of which times are the halves of a number of nanoseconds
/// since 1970-01-01T00:00Z. Accesses of other sizes read 0 and change nothing.
///
/// Called under the core's lock for the device. Owns its timer.
final class GoldfishClock implements PlatformDevice {
    /// Bytes that the registers take.
    static final int SIZE_BYTES = 0x1000;

    private static final int TIME_LOW = 0x00;
    private static final int TIME_HIGH = 0x04;
    private static final int ALARM_LOW = 0x08;
    private static final int ALARM_HIGH = 0x0C;
    private static final int INTERRUPT_ENABLED = 0x10;
    private static final int CLEAR_ALARM = 0x14;
    private static final int ALARM_STATUS = 0x18;
    private static final int CLEAR_INTERRUPT = 0x1C;
    private static final long NANOS_PER_MILLI = 1_000_000;
    /// Half the centuries that a number of nanoseconds has, so that nobody's sum overflows.
    private static final long LONGEST_WAIT_NANOS = Long.MAX_VALUE / 2;

    private final InterruptLine line;
    private final HostEvents events;
    private final HostTimer timer;
    private final EventLoop.Watch watch;
    /// What the guest's time is ahead of the monotonic clock.
    private long offset;
    /// The upper half of the time whose lower half was read last; what is written before the lower half.
    private int latchedHigh;
    private long alarm;
    private boolean alarmSet;
    private boolean interruptEnabled;
    private boolean interruptPending;
    private boolean closed;

    /// Makes a clock that shows the host's time.
    /// @param line the interrupt
    /// @param events clocks and timers of the host
    /// @param loop where the alarm's timer runs
    GoldfishClock(InterruptLine line, HostEvents events, EventLoop loop) {
        this.line = line;
        this.events = events;
        this.offset = events.wallMillis() * NANOS_PER_MILLI - events.monotonicNanos();
        this.timer = events.newTimer();
        this.watch = loop.watch(timer, Poller.READABLE, ready -> {
            timer.consume();
            checkAlarm();
        });
    }

    @Override
    public long read(int resource, long at, int sizeBytes) {
        if (sizeBytes != Integer.BYTES) {
            return 0;
        }
        return Integer.toUnsignedLong(switch ((int) at) {
            case TIME_LOW -> {
                long now = now();
                latchedHigh = (int) (now >>> 32);
                yield (int) now;
            }
            case TIME_HIGH -> latchedHigh;
            case ALARM_LOW -> (int) alarm;
            case ALARM_HIGH -> (int) (alarm >>> 32);
            case INTERRUPT_ENABLED -> interruptEnabled ? 1 : 0;
            case ALARM_STATUS -> alarmSet ? 1 : 0;
            default -> 0;
        });
    }

    @Override
    public void write(int resource, long at, int sizeBytes, long value) {
        if (sizeBytes != Integer.BYTES) {
            return;
        }
        switch ((int) at) {
            case TIME_LOW -> {
                offset = ((long) latchedHigh << 32 | value) - events.monotonicNanos();
                checkAlarm();
            }
            case TIME_HIGH -> latchedHigh = (int) value;
            case ALARM_LOW -> {
                alarm = (alarm & ~0xFFFF_FFFFL) | value;
                alarmSet = true;
                checkAlarm();
            }
            case ALARM_HIGH -> alarm = (alarm & 0xFFFF_FFFFL) | value << 32;
            case INTERRUPT_ENABLED -> {
                interruptEnabled = (value & 1) != 0;
                updateLine();
            }
            case CLEAR_ALARM -> {
                alarmSet = false;
                timer.disarm();
            }
            case CLEAR_INTERRUPT -> {
                interruptPending = false;
                updateLine();
            }
            default -> {
                // read-only, or not there
            }
        }
    }

    private long now() {
        return events.monotonicNanos() + offset;
    }

    /// Rings when it is time, otherwise waits for it.
    private void checkAlarm() {
        if (!alarmSet || closed) {
            return;
        }
        long now = now();
        if (Long.compareUnsigned(alarm, now) <= 0) {
            alarmSet = false;
            timer.disarm();
            interruptPending = true;
            updateLine();
        } else {
            long wait = alarm - now;
            timer.arm(wait < 0 ? LONGEST_WAIT_NANOS : Math.min(wait, LONGEST_WAIT_NANOS), 0); // then it looks again
        }
    }

    private void updateLine() {
        line.set(interruptEnabled && interruptPending);
    }

    @Override
    public void reset() {
        alarm = 0;
        alarmSet = false;
        interruptEnabled = false;
        interruptPending = false;
        timer.disarm();
        updateLine();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watch.cancel();
            timer.close();
        }
    }
}
