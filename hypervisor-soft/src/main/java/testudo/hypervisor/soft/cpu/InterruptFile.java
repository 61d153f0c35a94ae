package testudo.hypervisor.soft.cpu;

import testudo.hypervisor.soft.mmu.GuestTrap;

/// How a hart reaches its interrupt file, which the interrupt controller keeps: `siselect`, `sireg` and `stopei`.
///
/// Source: RISC-V Advanced Interrupt Architecture, "Supervisor-level CSRs", "Indirect access to an interrupt file".
final class InterruptFile {
    private static final int FIRST_PRIORITY = 0x30;
    private static final int LAST_PRIORITY = 0x3F;
    private static final int FIRST_REGISTER = 0x70;
    private static final int LAST_REGISTER = 0xFF;
    /// From here on there is one register for 64 interrupts, at even numbers.
    private static final int FIRST_ARRAY = 0x80;
    private static final long SELECTABLE = 0xFFF;
    private static final int TOP_SHIFT = 16;

    private final Hart hart;
    private long selected;
    /// What an instruction that also writes `stopei` has read of it: that is what it claims.
    private int claimable;

    InterruptFile(Hart hart) {
        this.hart = hart;
    }

    void reset() {
        selected = 0;
    }

    /// `siselect`.
    long selected() {
        return selected;
    }

    void select(long value) {
        selected = value & SELECTABLE;
    }

    /// Reads `sireg`.
    /// @throws GuestTrap when what is selected does not exist
    long readSelected() {
        if (isPriority()) {
            return 0; // priorities are fixed
        }
        check();
        return hart.exits().interruptRegisterRead((int) selected);
    }

    /// Writes `sireg`.
    /// @throws GuestTrap when what is selected does not exist
    void writeSelected(long value) {
        if (isPriority()) {
            return;
        }
        check();
        hart.exits().interruptRegisterWrite((int) selected, value);
        hart.demand(Hart.INTERRUPT);
    }

    private boolean isPriority() {
        return selected >= FIRST_PRIORITY && selected <= LAST_PRIORITY && (selected & 1) == 0;
    }

    private void check() {
        if (selected < FIRST_REGISTER || selected > LAST_REGISTER || (selected >= FIRST_ARRAY && (selected & 1) != 0)) {
            throw hart.mmu.trap.of(GuestTrap.ILLEGAL, 0);
        }
    }

    /// Reads `stopei`.
    /// @param claims whether the same instruction writes it
    long readTop(boolean claims) {
        int number = Math.max(0, hart.exits().pendingInterrupt());
        claimable = claims ? number : 0;
        return (long) number << TOP_SHIFT | number;
    }

    /// Writes `stopei`: what was read, or what is the most urgent now, is no longer pending.
    void claim() {
        int number = claimable > 0 ? claimable : hart.exits().pendingInterrupt();
        claimable = 0;
        if (number > 0) {
            hart.exits().interruptAccepted(number);
        }
    }
}
