package testudo.hypervisor.soft.cpu;

/// The `time` counter of a machine, which all its harts share. Any thread.
@FunctionalInterface
public interface Clock {
    /// Ticks a second.
    long HZ = 10_000_000;

    /// The time.
    /// @return ticks since the machine was made
    long ticks();
}
