package testudo.hypervisor.soft.sbi;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import testudo.hypervisor.soft.cpu.Hart;

/// Whether a hart runs, and what other harts want of it.
///
/// Source: RISC-V Supervisor Binary Interface, "Hart State Management Extension", "RFENCE Extension".
///
/// A remote fence has to be done when the call returns. A hart that executes guest code does it at its next look at its attention; one
/// that does not ([#leave]) does it before it executes again ([#enter]), so that nobody has to wait for it. Whoever asks writes the
/// request before it looks where the other is, and the other says where it is before it looks for requests: one of them sees the other.
public final class HartLife {
    /// Started.
    public static final int STARTED = 0;
    /// Stopped.
    public static final int STOPPED = 1;
    /// Another hart has started it, but it has not executed yet.
    public static final int START_PENDING = 2;
    /// Waits for an interrupt by a call of the firmware.
    public static final int SUSPENDED = 4;

    static final int FENCE_INSTRUCTIONS = 1;
    static final int FENCE_TRANSLATIONS = 2;

    private final Hart hart;
    private final AtomicReference<@Nullable Start> starting = new AtomicReference<>();
    private final AtomicInteger fences = new AtomicInteger();
    private volatile boolean inside;
    private volatile @Nullable Thread thread;
    private volatile boolean running = true;
    private volatile boolean suspended;
    private @Nullable Start resuming;

    private record Start(long address, long opaque) {}

    /// Makes the life of a hart, which is started.
    /// @param hart the hart
    public HartLife(Hart hart) {
        this.hart = hart;
    }

    /// The hart.
    /// @return the hart
    public Hart hart() {
        return hart;
    }

    /// Its state.
    /// @return one of the constants above
    public int state() {
        if (running) {
            return suspended ? SUSPENDED : STARTED;
        }
        return starting.get() != null ? START_PENDING : STOPPED;
    }

    /// Sets the state in which the machine starts.
    /// @param started false to wait for another hart
    public void reset(boolean started) {
        resuming = null;
        suspended = false;
        starting.set(null);
        running = started;
    }

    /// The hart's thread starts to execute guest code: does the fences that were asked for meanwhile.
    public void enter() {
        thread = Thread.currentThread();
        inside = true;
        serveFences();
    }

    /// The hart's thread stops executing guest code.
    public void leave() {
        inside = false;
    }

    /// Does the fences that others asked for. On the hart's thread.
    public void serveFences() {
        hart.take(Hart.FENCE);
        int wanted = fences.getAndSet(0);
        if ((wanted & FENCE_TRANSLATIONS) != 0) {
            hart.mmu.flush();
        }
        if ((wanted & FENCE_INSTRUCTIONS) != 0) {
            hart.fetchEpoch++;
        }
    }

    void demandFence(int which) {
        fences.getAndUpdate(old -> old | which);
        hart.demand(Hart.FENCE);
    }

    /// Waits until the fence is done or certain to be done before the hart executes again.
    /// @param caller the waiting hart, on its thread: it goes on answering the fences of others
    void awaitFence(HartLife caller) {
        for (int spins = 0; inside && fences.get() != 0; spins++) {
            if ((caller.hart.attention() & Hart.FENCE) != 0) {
                caller.serveFences();
            }
            if (spins < 1000) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /// Ends a wait of the hart's thread. Any thread, after a demand.
    public void wake() {
        LockSupport.unpark(thread);
    }

    /// Starts a stopped hart. Any thread.
    /// @return false when it is not stopped
    boolean start(long address, long opaque) {
        if (running || !starting.compareAndSet(null, new Start(address, opaque))) {
            return false;
        }
        hart.demand(Hart.INTERRUPT);
        wake();
        return true;
    }

    /// Begins to execute if another hart has asked for it. On the hart's thread.
    /// @return false while it is stopped
    public boolean started() {
        Start start = starting.get();
        if (!running && start != null) {
            hart.reset(start.address, hart.id(), start.opaque);
            running = true;
            starting.set(null);
        }
        return running;
    }

    void stop() {
        running = false;
        hart.demand(Hart.INTERRUPT);
    }

    /// Waits for an interrupt, then goes on behind the call.
    void suspend() {
        suspended = true;
        hart.demand(Hart.WAIT);
    }

    /// Waits for an interrupt, then goes on at an address with registers as at a start.
    void suspend(long address, long opaque) {
        resuming = new Start(address, opaque);
        suspend();
    }

    /// A wait has ended. On the hart's thread.
    public void waited() {
        suspended = false;
        Start resume = resuming;
        if (resume != null) {
            resuming = null;
            hart.reset(resume.address, hart.id(), resume.opaque);
        }
    }
}
