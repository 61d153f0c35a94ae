package testudo.spi.hypervisor;

/// The clock that a hypervisor gives its guest by shared memory (kvmclock), which a machine that stood still sets back to where it stopped.
/// A capability of a [Vm]. Any thread.
public interface GuestClock {
    /// What the guest reads now.
    /// @return nanoseconds since the machine was made
    /// @throws testudo.spi.VmmException.Host when the hypervisor refuses
    long nanos();

    /// Sets it; it runs on from there. While no vCPU runs: a guest does not expect it to go back.
    /// @param nanos 0 or more
    /// @throws testudo.spi.VmmException.Host when the hypervisor refuses
    void set(long nanos);
}
