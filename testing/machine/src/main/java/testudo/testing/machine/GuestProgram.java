package testudo.testing.machine;

/// What a fake vCPU executes.
@FunctionalInterface
public interface GuestProgram {
    /// Runs the guest. When it returns the vCPU halts for good.
    /// @param cpu the vCPU it runs on
    /// @throws InterruptedException when the machine is closed while it runs
    void run(GuestCpu cpu) throws InterruptedException;
}
