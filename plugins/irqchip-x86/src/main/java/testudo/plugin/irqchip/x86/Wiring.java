package testudo.plugin.irqchip.x86;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import testudo.spi.irq.InterruptControllerContext.VcpuControl;

/// The lock of all chips, and the calls that wait until it is released.
final class Wiring {
    private final ReentrantLock lock = new ReentrantLock();
    private final VcpuControl control;
    private final BitSet wakes;
    private final ArrayDeque<Runnable> calls = new ArrayDeque<>();

    /// Makes the lock.
    /// @param control what vCPUs are woken by
    /// @param vcpus how many there are
    Wiring(VcpuControl control, int vcpus) {
        this.control = control;
        this.wakes = new BitSet(vcpus);
    }

    /// Takes the lock. Pair with [#unlock()] in a `finally`.
    void lock() {
        lock.lock();
    }

    /// Releases the lock; the outermost release makes the calls that were noted.
    void unlock() {
        boolean outermost = lock.getHoldCount() == 1;
        lock.unlock();
        if (outermost) {
            makeCalls();
        }
    }

    /// Notes that a vCPU should look for interrupts. Under the lock; does not allocate.
    /// @param vcpu its index
    void wake(int vcpu) {
        wakes.set(vcpu);
    }

    /// Notes a rare call. Under the lock.
    /// @param call made without the lock, in order
    void afterwards(Runnable call) {
        calls.add(call);
    }

    /// The vCPU whose thread calls.
    /// @return -1 for another thread
    int current() {
        return control.current();
    }

    /// What vCPUs are started and stopped by; for [#afterwards].
    /// @return the control
    VcpuControl control() {
        return control;
    }

    private void makeCalls() {
        while (true) {
            Runnable call;
            int vcpu;
            lock.lock();
            try {
                call = nextCall();
                vcpu = call == null ? wakes.nextSetBit(0) : -1;
                if (vcpu >= 0) {
                    wakes.clear(vcpu);
                }
            } finally {
                lock.unlock();
            }
            if (call != null) {
                call.run();
            } else if (vcpu >= 0) {
                control.interrupt(vcpu);
            } else {
                return;
            }
        }
    }

    private @Nullable Runnable nextCall() {
        return calls.poll();
    }
}
