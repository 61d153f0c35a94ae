package testudo.plugin.irqchip.x86;

import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;
import testudo.spi.irq.InterruptLine;
import testudo.spi.platform.PlatformDevice;

/// An 8254 timer and the port by which counter 2 is gated. Resources: 0 the timer's ports, 1 port 0x61.
///
/// Counter 0 is wired to interrupt 0. The host's timer runs only while counter 0 is going to raise it.
final class Pit implements PlatformDevice {
    private static final int COUNTERS = 3;
    private static final int CONTROL = 3;
    private static final int READ_BACK = 3;
    private static final int SYSTEM_CONTROL = 1;
    private static final int GATE_2 = 1;
    private static final int SPEAKER = 2;
    private static final int REFRESH = 0x10;
    private static final int OUT_2 = 0x20;
    private static final int REFRESH_NANOS = 15_085;
    /// A guest can't make the host tick more often than that.
    private static final long MIN_PERIOD_NANOS = 200_000;

    private final Wiring wiring;
    private final InterruptLine line;
    private final HostEvents events;
    private final HostTimer timer;
    private final EventLoop.Watch watch;
    private final PitChannel[] counters = new PitChannel[COUNTERS];
    private int speaker;
    private boolean armed;
    private boolean closed;

    /// Makes a timer that has not been programmed.
    /// @param wiring the lock
    /// @param line interrupt 0
    /// @param events clock and timers
    /// @param loop where the host's timer runs
    Pit(Wiring wiring, InterruptLine line, HostEvents events, EventLoop loop) {
        this.wiring = wiring;
        this.line = line;
        this.events = events;
        this.timer = events.newTimer();
        this.watch = loop.watch(timer, Poller.READABLE, ready -> expired());
        makeCounters();
    }

    @Override
    public long read(int resource, long offset, int sizeBytes) {
        long ones = sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        wiring.lock();
        try {
            return (ones & ~0xFFL) | (resource == SYSTEM_CONTROL ? readSystemControl() : readByte((int) offset));
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void write(int resource, long offset, int sizeBytes, long value) {
        int bits = (int) value & 0xFF;
        wiring.lock();
        try {
            if (resource == SYSTEM_CONTROL) {
                speaker = bits & SPEAKER;
                counters[2].gate((bits & GATE_2) != 0, events.monotonicNanos());
            } else if (offset == CONTROL) {
                writeControl(bits);
            } else if (counters[(int) offset].write(bits, events.monotonicNanos()) && offset == 0) {
                countLoaded();
            }
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void reset() {
        wiring.lock();
        try {
            makeCounters();
            speaker = 0;
            disarm();
            line.set(false);
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watch.cancel();
            timer.close();
        }
    }

    private void makeCounters() {
        for (int i = 0; i < COUNTERS; i++) {
            counters[i] = new PitChannel(i != 2);
        }
    }

    private int readByte(int offset) {
        return offset < COUNTERS ? counters[offset].read(events.monotonicNanos()) : 0xFF;
    }

    private int readSystemControl() {
        long now = events.monotonicNanos();
        return (counters[2].gate() ? GATE_2 : 0) | speaker | (now / REFRESH_NANOS % 2 != 0 ? REFRESH : 0)
                | (counters[2].output(now) ? OUT_2 : 0);
    }

    private void writeControl(int value) {
        long now = events.monotonicNanos();
        int select = value >>> 6;
        if (select != READ_BACK) {
            counters[select].control(value & 0x3F, now);
            if (select == 0 && (value & 0x30) != 0) {
                disarm();
                line.set(false);
            }
            return;
        }
        for (int i = 0; i < COUNTERS; i++) {
            if ((value & 2 << i) == 0) {
                continue;
            }
            if ((value & 0x20) == 0) {
                counters[i].latchCount(now);
            }
            if ((value & 0x10) == 0) {
                counters[i].latchStatus(now);
            }
        }
    }

    private void countLoaded() {
        disarm();
        line.set(false);
        PitChannel counter = counters[0];
        // Modes 1 and 5 wait for a gate that never rises on counter 0.
        if (counter.mode() == 1 || counter.mode() == 5) {
            return;
        }
        armed = true;
        long period = counter.periodNanos();
        timer.arm(period, counter.repeats() ? Math.max(period, MIN_PERIOD_NANOS) : 0);
    }

    private void disarm() {
        armed = false;
        timer.disarm();
    }

    private void expired() {
        wiring.lock();
        try {
            if (closed || timer.consume() == 0 || !armed) {
                return;
            }
            armed = counters[0].repeats();
            line.set(false);
            line.set(true);
        } finally {
            wiring.unlock();
        }
    }
}
