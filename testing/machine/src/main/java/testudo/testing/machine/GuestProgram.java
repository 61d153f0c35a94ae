package testudo.testing.machine;

/// What a fake vCPU executes.
@FunctionalInterface
public interface GuestProgram {
    /// Runs the guest. When it returns the vCPU halts for good; when it throws the vCPU can't go on. A loop that waits for memory to
    /// change must make an exit in each turn ([GuestCpu#poll()] will do), or the machine can't be closed.
    /// @param cpu the vCPU it runs on
    /// @throws InterruptedException when the machine is closed while it runs
    void run(GuestCpu cpu) throws InterruptedException;
}
