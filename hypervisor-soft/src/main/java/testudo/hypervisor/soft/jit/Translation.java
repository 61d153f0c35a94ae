package testudo.hypervisor.soft.jit;

import testudo.hypervisor.soft.cpu.Hart;

/// A translated region: each one is a hidden class that extends this one. Any hart's thread may run it.
abstract class Translation {
    /// Left at an address that is not in the region: go on there.
    static final int CHAIN = 0;
    /// Left where the budget is too small for what comes next, or where the hart has to attend to something.
    static final int POLL = 1;
    /// Left at an instruction that the interpreter must execute.
    static final int INTERPRET = 2;

    /// How many more guest instructions it may execute before it is worth a better translation. Harts that run it at the same time may lose some of
    /// each other's counting.
    long heat = Long.MAX_VALUE;

    /// Runs until the region is left, or the guest traps. `pc`, `x`, `f` and the budget of the hart are up to date then.
    ///
    /// @param entry index of the way in
    /// @param base virtual address of the region's base
    /// @param budget most instructions to retire; what is left of it goes to {@link Hart#budget}
    /// @return one of the constants above
    abstract int run(Hart hart, int entry, long base, int budget);
}
