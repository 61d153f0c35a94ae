package testudo.core.loop;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Who waits for a loop to have nothing more to do, and since when. One may ask at a time for an answer of its own; others that ask meanwhile share it.
final class Settling {
    /// After so many rounds with something to do, the loop counts as settled all the same: a source outside may never run dry.
    static final int MOST_ROUNDS = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final AtomicLong asked = new AtomicLong();
    private long answered;
    private boolean ended;
    private boolean worked;
    private boolean anything;
    private int rounds;

    /// Asks. Any thread; the loop must be woken then.
    /// @return what to wait for
    long ask() {
        return asked.incrementAndGet();
    }

    /// Who waits. On the loop's thread, before it looks for work.
    /// @return what the last of them waits for, 0 when nobody does
    long pending() {
        long last = asked.get();
        return last == answered ? 0 : last; // the second is written by this thread only
    }

    /// A round of the loop that somebody waits for has ended. On the loop's thread.
    /// @param turn what [#pending] has answered before the round
    /// @param idle whether the round had found nothing to do
    void round(long turn, boolean idle) {
        lock.lock();
        try {
            worked |= !idle;
            if (idle || ++rounds >= MOST_ROUNDS) {
                anything = worked;
                worked = false;
                rounds = 0;
                answered = turn;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// The loop has ended: nobody waits any more.
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Waits.
    /// @param turn what [#ask] has answered
    /// @return whether the loop had something to do
    boolean await(long turn) {
        lock.lock();
        try {
            while (answered < turn && !ended) {
                changed.awaitUninterruptibly();
            }
            return anything && !ended;
        } finally {
            lock.unlock();
        }
    }
}
