package testudo.core.machine;

import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.hypervisor.BootState;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VmExitHandler;

/// The thread of one vCPU: runs guest code and answers exits until the machine ends.
final class VcpuThread {
    private static final Logger LOG = LoggerFactory.getLogger(VcpuThread.class);
    private static final long HALT_POLL_NANOS = 100_000_000L;

    private final Vcpu vcpu;
    private final VmExitHandler exits;
    private final MachineEvents events;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile boolean interrupted;
    private final IntFunction<BootState> startup;
    /// Whether it runs nothing until another vCPU starts it. Changed under this object's lock.
    private volatile boolean waiting;
    /// Where it was told to start, or -1. Changed under this object's lock.
    private volatile int startPage = -1;

    /// @param startup the state for a start page
    VcpuThread(Vcpu vcpu, VmExitHandler exits, MachineEvents events, IntFunction<BootState> startup) {
        this.vcpu = vcpu;
        this.startup = startup;
        this.exits = exits;
        this.events = events;
        thread = Thread.ofPlatform().name("vcpu" + vcpu.index()).daemon(true).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Makes it look at pending interrupts, also when it is halted. Any thread.
    void interrupt() {
        interrupted = true;
        LockSupport.unpark(thread);
        vcpu.kick();
    }

    /// Puts it into the state in which it waits for [#startUp]. Any thread, also before [#start].
    void awaitStartup() {
        synchronized (this) {
            waiting = true;
            startPage = -1;
        }
        interrupt();
    }

    /// Starts it if it waits for that; otherwise nothing happens, as on a processor. Any thread.
    void startUp(int page) {
        synchronized (this) {
            if (waiting && startPage < 0) {
                startPage = page;
            }
        }
        LockSupport.unpark(thread);
    }

    private void waitForStartup() {
        while (!stopping && startPage < 0) {
            LockSupport.park(this);
        }
        int page;
        synchronized (this) {
            page = startPage;
            if (page >= 0) {
                waiting = false;
                startPage = -1;
            }
        }
        if (page >= 0) {
            vcpu.setBootState(startup.apply(page));
        }
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    /// Ends guest code and waits for the thread.
    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
        vcpu.kick();
        boolean wasInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join(100);
                vcpu.kick();
            } catch (InterruptedException e) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        String name = "vcpu" + vcpu.index();
        try {
            while (!stopping) {
                if (waiting) {
                    waitForStartup();
                    continue;
                }
                StopReason reason = vcpu.run(exits);
                if (!carryOn(name, reason)) {
                    return;
                }
            }
        } catch (Throwable bug) { // nothing a guest does may throw: this is ours, and the machine can't go on
            LOG.error("{}: stopped by an internal error", name, bug);
            events.event(name, MachineEvent.CRASH, 0);
        }
    }

    private boolean carryOn(String name, StopReason reason) {
        switch (reason) {
            case KICKED, HANDLER, SYSTEM_EVENT -> {
                return !events.hasEnded(); // a guest that has powered off or reset must not run on until it is stopped
            }
            case HALTED -> {
                waitForInterrupt();
                return !events.hasEnded();
            }
            case SHUTDOWN, FAILED, UNKNOWN_EXIT, DEBUG -> {
                LOG.error("{}: the guest can't go on ({}):\n{}", name, phrase(reason), vcpu.stopDetail());
                events.event(name, MachineEvent.CRASH, 0);
                return false;
            }
        }
        throw new IllegalStateException("stop reason " + reason);
    }

    private void waitForInterrupt() {
        while (!stopping && !interrupted && exits.pendingInterrupt() < 0) {
            LockSupport.parkNanos(this, HALT_POLL_NANOS);
        }
        interrupted = false;
    }

    private static String phrase(StopReason reason) {
        return switch (reason) {
            case SHUTDOWN -> "triple fault";
            case FAILED -> "the hypervisor could not run or emulate it";
            case UNKNOWN_EXIT -> "an exit that is not known here";
            default -> "breakpoint without a debugger";
        };
    }
}
