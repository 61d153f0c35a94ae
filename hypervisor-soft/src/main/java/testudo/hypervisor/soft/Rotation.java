package testudo.hypervisor.soft;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import testudo.hypervisor.soft.cpu.Clock;
import testudo.hypervisor.soft.cpu.Hart;

/// Makes a machine deterministic: harts take turns in the order of their numbers, so that one executes at a time, and time is the number
/// of instructions that all of them have executed.
///
/// A hart that waits passes its turn on at once. When all of them wait, time jumps to the first deadline; where there is none, the machine
/// waits for a kick. What comes from outside of the harts (a key, a packet, a disk that has finished) arrives when it arrives.
final class Rotation implements Clock {
    /// As if the processor executed 100 million instructions a second.
    private static final int INSTRUCTIONS_PER_TICK = 10;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Hart> harts = new ArrayList<>();
    private volatile long instructions;
    private volatile long skippedTicks;
    private int turn;
    private int idle;

    void add(Hart hart) {
        harts.add(hart);
    }

    @Override
    public long ticks() {
        return instructions / INSTRUCTIONS_PER_TICK + skippedTicks;
    }

    /// Waits for a hart's turn.
    /// @return false when something wants its attention first
    boolean take(Hart hart) {
        lock.lock();
        try {
            while (turn != hart.id() && !wanted(hart)) {
                await();
            }
            return turn == hart.id() && !wanted(hart);
        } finally {
            lock.unlock();
        }
    }

    private static boolean wanted(Hart hart) {
        return (hart.attention() & ~(Hart.WAIT | Hart.INTERRUPT)) != 0;
    }

    /// Counts what the hart whose turn it is has executed.
    void count(int executed) {
        instructions = instructions + executed; // one hart at a time
    }

    /// Ends a turn.
    /// @param waits whether the hart had nothing to do
    void pass(Hart hart, boolean waits) {
        lock.lock();
        try {
            idle = waits ? idle + 1 : 0;
            if (idle >= harts.size()) {
                idle = 0;
                skip(hart);
            }
            turn = (turn + 1) % harts.size();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// All harts wait: goes to the first deadline, or waits until somebody kicks this hart.
    private void skip(Hart hart) {
        long now = ticks();
        long first = Long.MAX_VALUE;
        for (Hart other : harts) {
            long left = other.registers().timeCompare() - now;
            if (other.registers().timerEnabled() && left > 0) {
                first = Math.min(first, left);
            }
        }
        if (first != Long.MAX_VALUE) {
            skippedTicks = skippedTicks + first;
        } else if (!wanted(hart)) {
            await();
        }
    }

    private void await() {
        changed.awaitUninterruptibly();
    }

    /// Lets waiting harts look at their attention. Any thread.
    void wake() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
