package testudo.hypervisor.soft.mmu;

/// An exception of the guest's instruction that is being executed: it unwinds to the execution loop, which enters the trap handler of the guest.
///
/// Each hart has one, made once: throwing it allocates nothing. No register has been written when it is thrown.
public final class GuestTrap extends RuntimeException {
    /// Instruction address misaligned.
    public static final int FETCH_MISALIGNED = 0;
    /// Instruction access fault.
    public static final int FETCH_ACCESS = 1;
    /// Illegal instruction.
    public static final int ILLEGAL = 2;
    /// Breakpoint.
    public static final int BREAKPOINT = 3;
    /// Load address misaligned.
    public static final int LOAD_MISALIGNED = 4;
    /// Load access fault.
    public static final int LOAD_ACCESS = 5;
    /// Store or atomic address misaligned.
    public static final int STORE_MISALIGNED = 6;
    /// Store or atomic access fault.
    public static final int STORE_ACCESS = 7;
    /// Environment call from U-mode.
    public static final int ECALL_USER = 8;
    /// Instruction page fault.
    public static final int FETCH_PAGE = 12;
    /// Load page fault.
    public static final int LOAD_PAGE = 13;
    /// Store or atomic page fault.
    public static final int STORE_PAGE = 15;

    /// Not a trap: a device has ended the run in a store, which is done.
    public static final int STOPPED = -1;

    private static final long serialVersionUID = 1L;

    /// What goes to `scause`.
    public int cause;
    /// What goes to `stval`.
    public long value;

    /// Makes the trap of a hart.
    public GuestTrap() {
        super("a trap of the guest", null, false, false);
    }

    /// Sets what happened.
    /// @param what the cause
    /// @param stval the address or instruction
    /// @return this, to be thrown
    public GuestTrap of(int what, long stval) {
        cause = what;
        value = stval;
        return this;
    }
}
