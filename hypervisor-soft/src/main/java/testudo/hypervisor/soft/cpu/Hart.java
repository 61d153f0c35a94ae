package testudo.hypervisor.soft.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import testudo.hypervisor.soft.fp.FloatFlags;
import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.NoExits;
import testudo.spi.hypervisor.VmExitHandler;

/// The architectural state of one hart: registers, privilege, and what others want of it.
///
/// Only the hart's own thread touches it, but for [#demand], which anybody may call.
public final class Hart {
    /// [#attention]: the run shall end.
    public static final int KICK = 1;
    /// [#attention]: another hart has asked for a fence.
    public static final int FENCE = 1 << 1;
    /// [#attention]: an interrupt may have become pending or enabled.
    public static final int INTERRUPT = 1 << 2;
    /// [#attention]: a device has ended the run.
    public static final int STOP = 1 << 3;
    /// [#attention]: the hart waits for an interrupt (`wfi`) or has been stopped.
    public static final int WAIT = 1 << 4;

    /// [#attention]: the firmware has told the machine of an event.
    public static final int EVENT = 1 << 5;

    /// U-mode.
    public static final int USER = 0;
    /// S-mode.
    public static final int SUPERVISOR = 1;

    private static final VarHandle ATTENTION;

    static {
        try {
            ATTENTION = MethodHandles.lookup().findVarHandle(Hart.class, "attention", int.class).withInvokeExactBehavior();
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// The general registers; entry 0 is 0 whenever an instruction starts.
    public final long[] x = new long[32];
    /// The floating-point registers, raw bits, singles NaN-boxed.
    public final long[] f = new long[32];
    /// `fflags`.
    public final FloatFlags floatFlags = new FloatFlags();
    /// The instruction to execute, even; while one executes, its own address.
    public long pc;
    /// Instructions executed, for `cycle` and `instret`. Right outside of a run and when a system instruction executes.
    public long retired;
    /// Counts `fence.i` of this hart and those that others asked of it: translated code that was compared with memory before the last one
    /// may be stale, also because a device has written there.
    public int fetchEpoch;
    /// `frm`, 0 to 7; above 4 is reserved.
    public int roundingMode;
    /// What translated code has left of the budget that it was given. Means nothing to others.
    public int budget;
    /// Which instruction of translated code may be trapping: its distance from the base of its region, shifted left by 8, and how many
    /// instructions from it on have been taken from the budget. Means nothing to others.
    public int trapping;
    /// The way to memory.
    public final Mmu mmu;
    /// Where guest code jumps.
    public final JumpTargets targets = new JumpTargets();
    /// Offset in RAM that `lr` has reserved, or -1.
    public long reservedOffset = -1;
    /// How many bytes `lr` has reserved: 4 or 8.
    public int reservedBytes;
    /// What `lr` has loaded.
    public long reservedValue;

    /// Where a call to the machine is put together.
    public final long[] call = new long[7];

    final ControlRegisters registers;
    /// What the interpreter has decoded.
    final DecodedCode code;
    private final int id;
    private final Clock clock;
    private final Firmware firmware;
    private VmExitHandler exits = NoExits.INSTANCE;
    private int privilege = SUPERVISOR;
    private int attention;

    /// Makes a hart in S-mode at address 0, translation and interrupts off.
    /// @param id `mhartid`
    /// @param mmu its own way to memory
    /// @param codeLines how much decoded code it keeps at most, in KiB of the guest's code, a power of two; each takes 5 KiB
    /// @param clock the machine's
    /// @param firmware what answers its calls
    public Hart(int id, Mmu mmu, int codeLines, Clock clock, Firmware firmware) {
        this.id = id;
        this.mmu = mmu;
        this.clock = clock;
        this.firmware = firmware;
        registers = new ControlRegisters(this);
        code = new DecodedCode(mmu, codeLines);
    }

    /// Its number.
    /// @return 0 or more
    public int id() {
        return id;
    }

    /// Puts it where the firmware would: S-mode, translation and interrupts off, everything else zero.
    /// @param start the first instruction
    /// @param a0 register x10
    /// @param a1 register x11
    public void reset(long start, long a0, long a1) {
        Arrays.fill(x, 0);
        Arrays.fill(f, 0);
        floatFlags.flags = 0;
        roundingMode = 0;
        reservedOffset = -1;
        x[10] = a0;
        x[11] = a1;
        pc = start & ~1L;
        registers.reset();
        privilege(SUPERVISOR);
        fetchEpoch++;
    }

    /// Who answers exits, for the time of a run.
    /// @param handler the handler
    public void exits(VmExitHandler handler) {
        exits = handler;
        mmu.devices(handler);
    }

    /// Who answers exits.
    /// @return the handler of the current run
    public VmExitHandler exits() {
        return exits;
    }

    /// The control and status registers.
    /// @return this hart's
    public ControlRegisters registers() {
        return registers;
    }

    /// The machine's time.
    /// @return ticks of [Clock#HZ]
    public long time() {
        return clock.ticks();
    }

    /// The privilege mode.
    /// @return [#USER] or [#SUPERVISOR]
    public int privilege() {
        return privilege;
    }

    void privilege(int mode) {
        privilege = mode;
        registers.applyContext();
    }

    void callFirmware() {
        firmware.call(this);
    }

    /// What is wanted of this hart: a union of the constants above, 0 when nothing is. Cheap; may lag behind other threads for a moment.
    /// @return the union
    public int attention() {
        return (int) ATTENTION.getOpaque(this);
    }

    /// Asks for something. Any thread; what it wrote before is visible to the hart when it takes the demand.
    /// @param what a union of the constants above
    public void demand(int what) {
        int before = (int) ATTENTION.getAndBitwiseOr(this, what);
        assert before >= 0;
    }

    /// Takes demands.
    /// @param what a union of the constants above
    /// @return those of them that were made
    public int take(int what) {
        return (int) ATTENTION.getAndBitwiseAnd(this, ~what) & what;
    }

    /// Enters the guest's trap handler for an exception of the instruction at [#pc].
    /// @param trap what happened
    public void enter(GuestTrap trap) {
        enterHandler(trap.cause, trap.value);
    }

    /// Ends the run behind a store that a device has ended it in ([GuestTrap#STOPPED]).
    /// @param instruction the store, at [#pc]
    public void stop(long instruction) {
        pc += (instruction & 3) == 3 ? 4 : 2;
        demand(STOP);
    }

    /// Enters the guest's trap handler for the most urgent interrupt that is pending and enabled, if there is one.
    /// @return true when it was entered
    public boolean enterInterrupt() {
        int number = registers.deliverable();
        if (number == 0) {
            return false;
        }
        enterHandler(Long.MIN_VALUE | number, 0);
        return true;
    }

    private void enterHandler(long cause, long value) {
        pc = registers.enter(cause, value, pc, privilege);
        privilege(SUPERVISOR);
    }
}
