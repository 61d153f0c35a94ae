package testudo.hypervisor.soft;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import testudo.hypervisor.soft.cpu.Clock;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.sbi.HartLife;
import testudo.spi.hypervisor.BootState;
import testudo.spi.hypervisor.RegisterAccess;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.riscv.RiscvBootState;
import testudo.spi.x86.X86BootState;

/// A vCPU: a hart, and the loop that runs it in slices. Between two slices it looks at interrupts and at what others want.
final class SoftVcpu implements Vcpu, RegisterAccess {
    /// Bounds how late a timer interrupt can be: some ten to a hundred microseconds.
    private static final int SLICE = 10_000;
    /// The same for a machine whose harts take turns: long enough to make up for the change of threads.
    private static final int TURN = 10_000;
    private static final long NANOS_PER_TICK = 1_000_000_000L / Clock.HZ;
    private static final long LONGEST_PARK_NANOS = 1_000_000_000L;

    private final Hart hart;
    private final HartLife life;
    private final Executor executor;

    private final @Nullable Rotation rotation;

    /// @param rotation whose turns it takes; null when harts run side by side
    SoftVcpu(Hart hart, HartLife life, Executor executor, @Nullable Rotation rotation) {
        this.hart = hart;
        this.life = life;
        this.executor = executor;
        this.rotation = rotation;
    }

    @Override
    public int index() {
        return hart.id();
    }

    @Override
    public void setBootState(BootState boot) {
        switch (boot) {
            case RiscvBootState riscv -> {
                hart.reset(riscv.pc(), riscv.a0(), riscv.a1());
                life.reset(riscv.started());
            }
            case X86BootState x86 -> throw new IllegalArgumentException("an x86 boot state for a riscv64 machine");
        }
    }

    @Override
    public StopReason run(VmExitHandler handler) {
        hart.exits(handler);
        life.enter();
        try {
            StopReason stop = null;
            while (stop == null) {
                stop = rotation == null ? slice() : turn(rotation);
            }
            return stop;
        } finally {
            life.leave();
        }
    }

    private @Nullable StopReason slice() {
        int attention = hart.attention();
        if (attention != 0) {
            StopReason stop = attend(attention);
            if (stop != null || (hart.attention() & Hart.WAIT) != 0) {
                return stop;
            }
        }
        if (!life.started()) {
            park(LONGEST_PARK_NANOS);
            return null;
        }
        hart.enterInterrupt();
        executor.run(hart, SLICE);
        return null;
    }

    /// One turn of a deterministic machine.
    private @Nullable StopReason turn(Rotation turns) {
        life.leave();
        boolean mine = turns.take(hart);
        life.enter();
        if (!mine) {
            return end();
        }
        boolean waits = !life.started() || ((hart.attention() & Hart.WAIT) != 0 && !wakes());
        int left = waits ? 0 : TURN;
        StopReason stop = null;
        while (left > 0 && stop == null && (hart.attention() & Hart.WAIT) == 0 && life.started()) {
            hart.take(Hart.INTERRUPT);
            hart.enterInterrupt();
            int executed = executor.run(hart, left);
            turns.count(executed);
            left -= executed;
            stop = end();
        }
        if (stop == null || stop == StopReason.KICKED) {
            turns.pass(waits);
        } // otherwise the machine may be at its end: no other hart goes on before this one does
        return stop;
    }

    private boolean wakes() {
        boolean awake = hart.registers().awake();
        if (awake) {
            hart.take(Hart.WAIT);
            life.waited();
        }
        return awake;
    }

    private @Nullable StopReason attend(int attention) {
        StopReason stop = end();
        if (stop != null) {
            return stop;
        }
        if ((attention & Hart.FENCE) != 0) {
            life.serveFences();
        }
        hart.take(Hart.INTERRUPT);
        if ((attention & Hart.WAIT) != 0) {
            waitForInterrupt();
        }
        return null;
    }

    /// Why the run has to end, if it has to.
    private @Nullable StopReason end() {
        int attention = hart.attention();
        if ((attention & Hart.EVENT) != 0) {
            hart.take(Hart.EVENT);
            return StopReason.SYSTEM_EVENT;
        }
        if ((attention & Hart.STOP) != 0) {
            hart.take(Hart.STOP);
            return StopReason.HANDLER;
        }
        if ((attention & Hart.KICK) != 0) {
            hart.take(Hart.KICK);
            return StopReason.KICKED;
        }
        return null;
    }

    /// Waits until an interrupt is pending and enabled. Anything else that needs attention is answered first; the wait then goes on.
    private void waitForInterrupt() {
        if (wakes()) {
            return;
        }
        long nanos = LONGEST_PARK_NANOS;
        if (hart.registers().timerEnabled()) {
            long ticks = hart.registers().timeCompare() - hart.time();
            nanos = ticks < 0 ? LONGEST_PARK_NANOS : Math.min(ticks, LONGEST_PARK_NANOS / NANOS_PER_TICK) * NANOS_PER_TICK;
        }
        park(nanos);
    }

    private void park(long nanos) {
        if ((hart.attention() & ~Hart.WAIT) == 0) {
            life.leave();
            LockSupport.parkNanos(this, nanos);
            life.enter();
        }
    }

    @Override
    public void kick() {
        hart.demand(Hart.KICK);
        life.wake();
        if (rotation != null) {
            rotation.wake();
        }
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        return type == RegisterAccess.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public Map<String, Long> registers() {
        Map<String, Long> values = new LinkedHashMap<>();
        values.put("pc", hart.pc);
        for (int i = 1; i < hart.x.length; i++) {
            values.put("x" + i, hart.x[i]);
        }
        values.put("instret", hart.retired);
        values.put("privilege", (long) hart.privilege());
        values.putAll(hart.registers().values());
        for (int i = 0; i < hart.f.length; i++) {
            values.put("f" + i, hart.f[i]);
        }
        values.put("fcsr", (long) hart.roundingMode << 5 | hart.floatFlags.flags);
        return values;
    }

    @Override
    public String stopDetail() {
        StringBuilder text = new StringBuilder("hart ").append(hart.id()).append('\n');
        int column = 0;
        for (Map.Entry<String, Long> register : registers().entrySet()) {
            text.append("%10s %016x".formatted(register.getKey(), register.getValue()));
            column = (column + 1) % 4;
            text.append(column == 0 ? '\n' : ' ');
        }
        return text.append('\n').toString();
    }
}
