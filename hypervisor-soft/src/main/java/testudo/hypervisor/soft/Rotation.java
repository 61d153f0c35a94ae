package testudo.hypervisor.soft;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import testudo.hypervisor.soft.cpu.Clock;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.spi.hypervisor.VirtualTime;

/// Makes a machine deterministic: harts take turns in the order of their numbers, so that one executes at a time, and time is the number
/// of instructions that all of them have executed.
///
/// A hart that waits passes its turn on at once. When all of them wait, time jumps to the first deadline; where there is none, the machine
/// waits for a kick. What comes from outside of the harts (a key, a packet, a disk that has finished) arrives when it arrives.
final class Rotation implements Clock, VirtualTime {
    /// As if the processor executed 100 million instructions a second.
    private static final int INSTRUCTIONS_PER_TICK = 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Hart> harts = new ArrayList<>();
    private final AtomicLong instructions = new AtomicLong();
    private final AtomicLong skippedTicks = new AtomicLong();
    private int turn;
    /// How many turns in a row had nothing to do.
    private int idle;
    private int wakes;
    /// [#wakes] when the first of the idle turns began: a kick since then is not to be slept through.
    private int wakesBefore;

    void add(Hart hart) {
        harts.add(hart);
    }

    @Override
    public long ticks() {
        return instructions.get() / INSTRUCTIONS_PER_TICK + skippedTicks.get();
    }

    @Override
    public long nanos() {
        return ticks() * (1_000_000_000L / HZ);
    }

    @Override
    public long instructions() {
        return instructions.get();
    }

    /// Waits for a hart's turn.
    /// @return false when something wants its attention first
    boolean take(Hart hart) {
        lock.lock();
        try {
            while (turn != hart.id() && !wanted(hart)) {
                changed.awaitUninterruptibly();
            }
            if (turn != hart.id() || wanted(hart)) {
                return false;
            }
            if (idle == 0) {
                wakesBefore = wakes;
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private static boolean wanted(Hart hart) {
        return (hart.attention() & ~(Hart.WAIT | Hart.INTERRUPT)) != 0;
    }

    /// Counts what the hart whose turn it is has executed.
    void count(int executed) {
        instructions.addAndGet(executed);
    }

    /// Ends a turn.
    /// @param waits whether the hart had nothing to do
    void pass(boolean waits) {
        lock.lock();
        try {
            idle = waits ? idle + 1 : 0;
            if (idle >= harts.size()) {
                idle = 0;
                skip();
            }
            turn = (turn + 1) % harts.size();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// All harts wait: goes to the first deadline, or waits until somebody kicks one of them.
    private void skip() {
        long now = ticks();
        long first = Long.MAX_VALUE;
        for (Hart other : harts) {
            long left = other.registers().timeCompare() - now;
            if (other.registers().timerEnabled() && left > 0) {
                first = Math.min(first, left);
            }
        }
        if (first != Long.MAX_VALUE) {
            skippedTicks.addAndGet(first);
        } else {
            while (wakes == wakesBefore) {
                changed.awaitUninterruptibly();
            }
        }
    }

    /// Lets waiting harts look at their attention. Any thread.
    void wake() {
        lock.lock();
        try {
            wakes++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
