package testudo.hypervisor.soft.cpu;

import java.util.LinkedHashMap;
import java.util.Map;
import testudo.hypervisor.soft.mmu.GuestTrap;
import testudo.hypervisor.soft.mmu.Mmu;

/// The control and status registers of one hart, as S- and U-mode see them, and the interrupts that they describe.
///
/// Source: RISC-V Privileged Architecture, "Supervisor-Level ISA", "Sstc"; RISC-V Advanced Interrupt Architecture, "Supervisor-level CSRs".
public final class ControlRegisters {
    /// The supervisor software interrupt.
    public static final int SOFTWARE = 1;
    /// The supervisor timer interrupt.
    public static final int TIMER = 5;
    /// The supervisor external interrupt.
    public static final int EXTERNAL = 9;

    private static final int FFLAGS = 0x001;
    private static final int FRM = 0x002;
    private static final int FCSR = 0x003;
    private static final int SSTATUS = 0x100;
    private static final int SIE = 0x104;
    private static final int STVEC = 0x105;
    private static final int SCOUNTEREN = 0x106;
    private static final int SENVCFG = 0x10A;
    private static final int SSCRATCH = 0x140;
    private static final int SEPC = 0x141;
    private static final int SCAUSE = 0x142;
    private static final int STVAL = 0x143;
    private static final int SIP = 0x144;
    private static final int STIMECMP = 0x14D;
    private static final int SISELECT = 0x150;
    private static final int SIREG = 0x151;
    private static final int STOPEI = 0x15C;
    private static final int SATP = 0x180;
    private static final int STOPI = 0xDB0;
    private static final int CYCLE = 0xC00;
    private static final int TIME = 0xC01;
    private static final int INSTRET = 0xC02;
    private static final int LAST_COUNTER = 0xC1F;

    private static final long STATUS_SIE = 1 << 1;
    private static final long STATUS_SPIE = 1 << 5;
    private static final long STATUS_SPP = 1 << 8;
    private static final long STATUS_FS = 3 << 13;
    private static final long STATUS_SUM = 1 << 18;
    private static final long STATUS_MXR = 1 << 19;
    private static final long STATUS_WRITABLE = STATUS_SIE | STATUS_SPIE | STATUS_SPP | STATUS_FS | STATUS_SUM | STATUS_MXR;
    private static final long STATUS_UXL_64 = 2L << 32;
    private static final long STATUS_SD = 1L << 63;
    private static final int PRIVILEGE_SHIFT = 8;
    private static final int READ_ONLY = 3 << 10;
    private static final long INTERRUPTS = 1 << SOFTWARE | 1 << TIMER | 1 << EXTERNAL;
    /// `senvcfg`: FIOM, CBIE, CBCFE, CBZE.
    private static final long ENVIRONMENT = 0xF1;
    /// Unless the supervisor says otherwise, U-mode may read `cycle`, `time` and `instret`: kernels rely on it.
    private static final long COUNTERS = 7;

    private final Hart hart;
    private final InterruptFile file;
    private long status;
    private long enabled;
    private volatile boolean softwarePending;
    private long vector;
    private long counterEnable;
    private long environment;
    private long scratch;
    private long exceptionPc;
    private long cause;
    private long trapValue;
    private long timeCompare;
    private long translation;
    /// Whether an interrupt was pending and enabled at the last look, perhaps held back by `sstatus`.
    private boolean held;

    ControlRegisters(Hart hart) {
        this.hart = hart;
        file = new InterruptFile(hart);
        timeCompare = -1;
    }

    /// A software interrupt that is pending stays so: another hart may just have sent it.
    void reset() {
        status = 0;
        enabled = 0;
        vector = 0;
        counterEnable = COUNTERS;
        environment = 0;
        scratch = 0;
        exceptionPc = 0;
        cause = 0;
        trapValue = 0;
        timeCompare = -1;
        file.reset();
        translation = 0;
        hart.mmu.root(0);
    }

    void applyContext() {
        hart.mmu.context(hart.privilege() == Hart.USER, (status & STATUS_SUM) != 0, (status & STATUS_MXR) != 0);
    }

    /// Whether floating-point instructions are allowed (`sstatus.FS` is not off).
    /// @return false when they are illegal
    public boolean floatsOn() {
        return (status & STATUS_FS) != 0;
    }

    /// Whether `sstatus.FS` is dirty already.
    /// @return false when a floating-point instruction is illegal or would change it
    public boolean floatsAreDirty() {
        return (status & STATUS_FS) == STATUS_FS;
    }

    /// Notes that floating-point state has changed: `sstatus.FS` becomes dirty.
    public void floatsDirty() {
        status |= STATUS_FS;
    }

    /// The registers of S-mode, for a report.
    /// @return values by name, in a fixed order
    public Map<String, Long> values() {
        Map<String, Long> values = new LinkedHashMap<>();
        values.put("sstatus", status);
        values.put("sie", enabled);
        values.put("stvec", vector);
        values.put("sscratch", scratch);
        values.put("sepc", exceptionPc);
        values.put("scause", cause);
        values.put("stval", trapValue);
        values.put("satp", translation);
        values.put("stimecmp", timeCompare);
        values.put("scounteren", counterEnable);
        values.put("senvcfg", environment);
        return values;
    }

    /// `satp`.
    /// @return its value
    public long translation() {
        return translation;
    }

    /// `stimecmp`: when the timer interrupt becomes pending.
    /// @return ticks, unsigned
    public long timeCompare() {
        return timeCompare;
    }

    /// Sets `stimecmp`.
    /// @param ticks when the timer interrupt shall be pending, unsigned
    public void timeCompare(long ticks) {
        timeCompare = ticks;
        if (Long.compareUnsigned(hart.time(), ticks) >= 0) {
            hart.demand(Hart.INTERRUPT);
        }
    }

    /// Makes the software interrupt pending. Any thread.
    public void raiseSoftware() {
        softwarePending = true;
        hart.demand(Hart.INTERRUPT);
    }

    /// Interrupts that are pending: bits of `sip`.
    /// @return a union of `1 << number`
    public long pending() {
        long bits = softwarePending ? 1 << SOFTWARE : 0;
        if (Long.compareUnsigned(hart.time(), timeCompare) >= 0) {
            bits |= 1 << TIMER;
        }
        if (hart.exits().pendingInterrupt() >= 0) {
            bits |= 1 << EXTERNAL;
        }
        return bits;
    }

    /// Whether an interrupt is pending and enabled in `sie`, whatever `sstatus` says: what ends `wfi`.
    /// @return true when there is one
    public boolean awake() {
        return enabled != 0 && (pending() & enabled) != 0;
    }

    /// Whether the timer interrupt is enabled in `sie`.
    /// @return false when a deadline matters to nobody
    public boolean timerEnabled() {
        return (enabled & 1 << TIMER) != 0;
    }

    /// The most urgent interrupt that the hart takes now.
    /// @return its number, or 0
    int deliverable() {
        long wanted = enabled == 0 ? 0 : pending() & enabled;
        held = wanted != 0;
        if (hart.privilege() == Hart.SUPERVISOR && (status & STATUS_SIE) == 0) {
            return 0;
        }
        return first(wanted);
    }

    /// Interrupts have been allowed. What has become pending since the last look is found at the next one, which is soon.
    private void allowed() {
        if (held) {
            hart.demand(Hart.INTERRUPT);
        }
    }

    private static int first(long interrupts) {
        if ((interrupts & 1 << EXTERNAL) != 0) {
            return EXTERNAL;
        }
        if ((interrupts & 1 << SOFTWARE) != 0) {
            return SOFTWARE;
        }
        return interrupts == 0 ? 0 : TIMER;
    }

    /// Enters a trap handler.
    /// @return its address
    long enter(long newCause, long value, long pc, int privilege) {
        cause = newCause;
        trapValue = value;
        exceptionPc = pc;
        status = (status & ~(STATUS_SPIE | STATUS_SPP | STATUS_SIE)) | ((status & STATUS_SIE) != 0 ? STATUS_SPIE : 0)
                | (privilege == Hart.SUPERVISOR ? STATUS_SPP : 0);
        long base = vector & ~3L;
        return (vector & 1) != 0 && newCause < 0 ? base + 4 * (newCause & Long.MAX_VALUE) : base;
    }

    /// Returns from a trap handler (`sret`).
    /// @return the address to go on at; the privilege has been set
    long leave() {
        int mode = (status & STATUS_SPP) != 0 ? Hart.SUPERVISOR : Hart.USER;
        status = (status & ~(STATUS_SIE | STATUS_SPP)) | ((status & STATUS_SPIE) != 0 ? STATUS_SIE : 0) | STATUS_SPIE;
        hart.privilege(mode);
        allowed();
        return exceptionPc;
    }

    /// Whether U-mode may use a cache-block instruction, by a field of `senvcfg`.
    boolean environment(long bits) {
        return hart.privilege() == Hart.SUPERVISOR || (environment & bits) != 0;
    }

    private GuestTrap illegal() {
        return hart.mmu.trap.of(GuestTrap.ILLEGAL, 0);
    }

    /// Checks that the current privilege may access a register at all.
    private void check(int number, boolean write) {
        if ((number >>> PRIVILEGE_SHIFT & 3) > hart.privilege() || (write && (number & READ_ONLY) == READ_ONLY)) {
            throw illegal();
        }
    }

    /// Reads a register.
    /// @param number its number, 0 to 4095
    /// @param write whether the instruction is also going to write it
    /// @return its value
    /// @throws GuestTrap when there is none, or the current privilege may not
    public long read(int number, boolean write) {
        check(number, write);
        return switch (number) {
            case FFLAGS, FRM, FCSR -> readFloat(number);
            case SSTATUS -> status | STATUS_UXL_64 | ((status & STATUS_FS) == STATUS_FS ? STATUS_SD : 0);
            case SIE -> enabled;
            case STVEC -> vector;
            case SCOUNTEREN -> counterEnable;
            case SENVCFG -> environment;
            case SSCRATCH -> scratch;
            case SEPC -> exceptionPc;
            case SCAUSE -> cause;
            case STVAL -> trapValue;
            case SIP -> pending();
            case STIMECMP -> timeCompare;
            case SISELECT -> file.selected();
            case SIREG -> file.readSelected();
            case STOPEI -> file.readTop(write);
            case STOPI -> readTop();
            case SATP -> translation;
            default -> readCounter(number);
        };
    }

    private long readFloat(int number) {
        if (!floatsOn()) {
            throw illegal();
        }
        return switch (number) {
            case FFLAGS -> hart.floatFlags.flags;
            case FRM -> hart.roundingMode;
            default -> hart.roundingMode << 5 | hart.floatFlags.flags;
        };
    }

    private long readCounter(int number) {
        if (number < CYCLE || number > LAST_COUNTER) {
            throw illegal();
        }
        if (hart.privilege() == Hart.USER && (counterEnable >>> (number - CYCLE) & 1) == 0) {
            throw illegal();
        }
        return switch (number) {
            case CYCLE, INSTRET -> hart.retired;
            case TIME -> hart.time();
            default -> 0;
        };
    }

    private long readTop() {
        int number = first(pending() & enabled);
        return number == 0 ? 0 : (long) number << 16 | 1;
    }

    /// Writes a register.
    /// @param number its number, 0 to 4095
    /// @param value any value
    /// @throws GuestTrap when there is none, or the current privilege may not
    public void write(int number, long value) {
        check(number, true);
        switch (number) {
            case FFLAGS, FRM, FCSR -> writeFloat(number, (int) value);
            case SSTATUS -> {
                long changed = (status ^ value) & STATUS_WRITABLE;
                status = value & STATUS_WRITABLE;
                if ((changed & (STATUS_SUM | STATUS_MXR)) != 0) {
                    applyContext();
                }
                if ((changed & STATUS_SIE) != 0) {
                    allowed();
                }
            }
            case SIE -> {
                enabled = value & INTERRUPTS;
                hart.demand(Hart.INTERRUPT);
            }
            case STVEC -> vector = value & ~2L;
            case SCOUNTEREN -> counterEnable = value & 0xFFFFFFFFL;
            case SENVCFG -> environment = value & ENVIRONMENT;
            case SSCRATCH -> scratch = value;
            case SEPC -> exceptionPc = value & ~1L;
            case SCAUSE -> cause = value;
            case STVAL -> trapValue = value;
            case SIP -> {
                softwarePending = (value & 1 << SOFTWARE) != 0;
                hart.demand(Hart.INTERRUPT);
            }
            case STIMECMP -> timeCompare(value);
            case SISELECT -> file.select(value);
            case SIREG -> file.writeSelected(value);
            case STOPEI -> file.claim();
            case SATP -> writeTranslation(value);
            default -> throw illegal();
        }
    }

    private void writeFloat(int number, int value) {
        if (!floatsOn()) {
            throw illegal();
        }
        floatsDirty();
        switch (number) {
            case FFLAGS -> hart.floatFlags.flags = value & 31;
            case FRM -> hart.roundingMode = value & 7;
            default -> {
                hart.floatFlags.flags = value & 31;
                hart.roundingMode = value >>> 5 & 7;
            }
        }
    }

    private void writeTranslation(long value) {
        if (Mmu.supports(value)) {
            translation = value;
            hart.mmu.root(value);
        }
    }
}
