package testudo.hypervisor.soft;

import testudo.hypervisor.soft.cpu.Hart;

/// Executes guest instructions, one way or another.
@FunctionalInterface
interface Executor {
    /// Executes until the budget is used up or something asks for attention; on the hart's thread, inside of a run.
    /// @param hart the hart
    /// @param budget how many instructions at most, more or less
    /// @return how many were executed
    int run(Hart hart, int budget);
}
