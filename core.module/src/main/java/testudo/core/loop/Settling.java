package testudo.core.loop;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Who waits for a loop to have nothing more to do, and since when. One may ask at a time for an answer of its own; others that ask meanwhile share it.
final class Settling {
    /// After so many rounds with something to do, the loop counts as settled all the same: a source outside may never run dry.
    static final int MOST_ROUNDS = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private volatile long asked;
    private long answered;
    private boolean ended;
    private boolean worked;
    private boolean anything;
    private int rounds;

    /// Asks. Any thread; the loop must be woken then.
    /// @return what to wait for
    long ask() {
        lock.lock();
        try {
            return ++asked;
        } finally {
            lock.unlock();
        }
    }

    /// Whether somebody waits. On the loop's thread, before it looks for work.
    boolean isAsked() {
        return asked != answered; // the second is this thread's own
    }

    /// A round that began after somebody had asked has ended. On the loop's thread.
    /// @param idle whether it had found nothing to do
    void round(boolean idle) {
        lock.lock();
        try {
            worked |= !idle;
            if (idle || ++rounds >= MOST_ROUNDS) {
                anything = worked;
                worked = false;
                rounds = 0;
                answered = asked;
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
