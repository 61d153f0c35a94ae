package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.ThreadSignals;
import testudo.spi.hypervisor.BootState;
import testudo.spi.hypervisor.GuestDebug;
import testudo.spi.hypervisor.RegisterAccess;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.memory.GuestMemory;
import testudo.spi.x86.X86BootState;

/// A vCPU and its run loop.
///
/// A kick is a flag, `immediate_exit` and a signal that the thread keeps blocked except inside KVM_RUN. The order makes it impossible
/// to lose one: the kicker sets the flag first, the loop clears `immediate_exit` and the pending signal before it looks at the flag.
final class KvmVcpu implements Vcpu {
    private static final VarHandle BYTE = JAVA_BYTE.varHandle().withInvokeExactBehavior();
    private static final int NO_THREAD = 0;

    private final Descriptor descriptor;
    private final MemorySegment run;
    private final X86VcpuState state;
    private final GuestMemory memory;
    private final boolean pullsInterrupts;
    private final KvmExits exits;
    private final AtomicBoolean kicked = new AtomicBoolean();
    private final Object kickLock = new Object();
    private volatile int thread = NO_THREAD;
    private @Nullable Thread owner;
    private boolean leaving;
    private long failure;

    KvmVcpu(
            Descriptor descriptor,
            MemorySegment run,
            X86VcpuState state,
            GuestMemory memory,
            boolean pullsInterrupts) {
        this.descriptor = descriptor;
        this.run = run;
        this.state = state;
        this.memory = memory;
        this.pullsInterrupts = pullsInterrupts;
        exits = new KvmExits(run);
    }

    @Override
    public int index() {
        return state.index();
    }

    @Override
    public void setBootState(BootState boot) {
        if (!(boot instanceof X86BootState x86)) {
            throw new IllegalArgumentException("a boot state for another architecture: " + boot);
        }
        state.apply(x86);
    }

    @Override
    public StopReason run(VmExitHandler handler) {
        enter();
        try {
            return loop(handler);
        } finally {
            leave();
        }
    }

    /// No signal may be sent, or be pending, once the thread is out of here: the JVM unblocks all signals of a thread that ends.
    private void leave() {
        synchronized (kickLock) {
            thread = NO_THREAD;
        }
        ThreadSignals.drain();
    }

    private StopReason loop(VmExitHandler handler) {
        failure = 0;
        while (true) {
            if (kicked.get()) {
                setImmediateExit((byte) 1);
            }
            if (pullsInterrupts) {
                offerInterrupt(handler);
            }
            long result = Ioctl.call(descriptor.descriptor(), Kvm.RUN, 0);
            StopReason stop;
            if (result >= 0) {
                stop = exits.dispatch(handler);
                if (stop == StopReason.HANDLER) {
                    // Once more, so that KVM completes the instruction; with immediate_exit no guest code runs.
                    leaving = true;
                    setImmediateExit((byte) 1);
                    stop = null;
                }
            } else {
                stop = interrupted(result);
            }
            if (stop != null) {
                return stop;
            }
        }
    }

    /// KVM_RUN has failed: a kick, the end of an instruction that a handler wanted, or a real failure.
    private @Nullable StopReason interrupted(long result) {
        if (result == -Errno.EAGAIN) {
            return null; // a waiting vCPU has received INIT or SIPI
        }
        if (result != -Errno.EINTR) {
            failure = result;
            return StopReason.FAILED;
        }
        setImmediateExit((byte) 0);
        ThreadSignals.drain();
        if (leaving) {
            leaving = false;
            return StopReason.HANDLER; // a kick stays for the next run
        }
        return kicked.getAndSet(false) ? StopReason.KICKED : null;
    }

    private void setImmediateExit(byte value) {
        BYTE.setVolatile(run, KvmRun.IMMEDIATE_EXIT, value);
    }

    private void offerInterrupt(VmExitHandler handler) {
        int vector = handler.pendingInterrupt();
        if (vector >= 0 && run.get(JAVA_BYTE, KvmRun.READY_FOR_INTERRUPT_INJECTION) != 0) {
            if (state.interrupt(vector) == 0) {
                handler.interruptAccepted(vector);
                vector = handler.pendingInterrupt();
            }
            // Not ready for a second one until KVM says so again.
            run.set(JAVA_BYTE, KvmRun.READY_FOR_INTERRUPT_INJECTION, (byte) 0);
        }
        run.set(JAVA_BYTE, KvmRun.REQUEST_INTERRUPT_WINDOW, (byte) (vector >= 0 ? 1 : 0));
    }

    /// Prepares the calling thread: the first time, it blocks the wake-up signal and tells KVM to unblock it.
    private void enter() {
        state.dirty();
        if (owner == null) {
            long mask = ThreadSignals.block();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment argument = arena.allocate(KvmSignalMask.SIGSET + ThreadSignals.SET_BYTES, Long.BYTES);
                argument.set(JAVA_INT, KvmSignalMask.LEN, ThreadSignals.SET_BYTES);
                argument.set(JAVA_LONG.withByteAlignment(Integer.BYTES), KvmSignalMask.SIGSET, mask);
                Errno.check(
                        Ioctl.call(descriptor.descriptor(), KvmSignalMask.SET, argument.address()),
                        "cannot set the signal mask of vCPU %d [hypervisor kvm]".formatted(index()));
            }
            owner = Thread.currentThread();
        } else if (owner != Thread.currentThread()) {
            throw new IllegalStateException("vCPU %d belongs to thread %s".formatted(index(), owner.getName()));
        }
        thread = ThreadSignals.currentThread();
    }

    @Override
    public void kick() {
        if (kicked.getAndSet(true)) {
            return; // an earlier kick has not been answered yet: that answer will do
        }
        setImmediateExit((byte) 1);
        synchronized (kickLock) {
            if (thread != NO_THREAD) {
                ThreadSignals.send(ThreadSignals.currentProcess(), thread);
            }
        }
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        if (type == RegisterAccess.class) {
            return Optional.of(type.cast(state));
        }
        return type == GuestDebug.class ? Optional.of(type.cast(new X86GuestDebug(descriptor))) : Optional.empty();
    }

    @Override
    public String stopDetail() {
        return X86ExitReport.of(run, state, memory, failure);
    }

    /// Closes the descriptor; the run page goes with the machine.
    void close() {
        descriptor.close();
    }
}
