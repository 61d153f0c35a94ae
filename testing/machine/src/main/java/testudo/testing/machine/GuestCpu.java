package testudo.testing.machine;

import testudo.spi.hypervisor.BootState;
import testudo.spi.memory.GuestMemory;

/// The instructions a [GuestProgram] has. Each is one exit.
public interface GuestCpu {
    /// Its index.
    /// @return 0 or more
    int index();

    /// The state in which it was started.
    /// @return what the machine gave it last
    BootState bootState();

    /// All of the guest's memory.
    /// @return the memory
    GuestMemory memory();

    /// `in`.
    /// @param port 0 to 65535
    /// @param sizeBytes 1, 2 or 4
    /// @return the value
    /// @throws InterruptedException when the machine is closed
    int in(int port, int sizeBytes) throws InterruptedException;

    /// `out`.
    /// @param port 0 to 65535
    /// @param sizeBytes 1, 2 or 4
    /// @param value the value
    /// @throws InterruptedException when the machine is closed
    void out(int port, int sizeBytes, int value) throws InterruptedException;

    /// A load from an address without memory.
    /// @param gpa the address
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value
    /// @throws InterruptedException when the machine is closed
    long load(long gpa, int sizeBytes) throws InterruptedException;

    /// A store to an address without memory.
    /// @param gpa the address
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value
    /// @throws InterruptedException when the machine is closed
    void store(long gpa, int sizeBytes, long value) throws InterruptedException;

    /// `sti; hlt`: waits for an interrupt and takes it.
    /// @return its vector
    /// @throws InterruptedException when the machine is closed
    int halt() throws InterruptedException;

    /// Takes an interrupt that is pending now.
    /// @return its vector, or -1 when there is none
    /// @throws InterruptedException when the machine is closed
    int poll() throws InterruptedException;

    /// A triple fault.
    /// @throws InterruptedException always, in the end
    void shutDown() throws InterruptedException;
}
