package testudo.spi.hypervisor;

/// The time of a machine that repeats itself: it passes as the guest executes, and jumps over what nothing happens in. A capability of a [Vm].
/// Any thread.
public interface VirtualTime {
    /// How long the machine has run.
    /// @return nanoseconds since its start
    long nanos();

    /// How much it has executed.
    /// @return instructions of all vCPUs
    long instructions();
}
