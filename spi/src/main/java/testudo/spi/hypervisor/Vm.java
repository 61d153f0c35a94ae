package testudo.spi.hypervisor;

import java.util.Optional;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;

/// A virtual machine of one hypervisor.
///
/// Order: memory, interrupt controller, vCPUs, then [#seal()], then the vCPUs run. Configuration comes from one thread.
public interface Vm extends AutoCloseable {
    /// The guest's memory; regions appear here as they are added.
    /// @return the memory, valid until [#close()]
    GuestMemory memory();

    /// Adds memory, backed as the hypervisor needs it, zero-filled.
    /// @param request what is wanted
    /// @return the region, which is also in [#memory()]
    /// @throws testudo.spi.VmmException.Host when the host refuses
    GuestRegion addMemory(MemoryRequest request);

    /// Removes the region that starts at an address.
    /// @param gpa its first address
    /// @throws testudo.spi.VmmException.Host `UNSUPPORTED` when the hypervisor can't do that (any more)
    void removeMemory(long gpa);

    /// Makes a vCPU. The interrupt controller exists before.
    /// @param index 0 to the requested number - 1
    /// @return the vCPU; closed with the machine
    Vcpu createVcpu(int index);

    /// Ends configuration: what must be fixed before the first instruction is handed to the hypervisor.
    void seal();

    /// An optional facility.
    /// @param type its interface, such as [IoEvents]
    /// @param <T> its interface
    /// @return the facility, or nothing when this machine lacks it
    <T> Optional<T> capability(Class<T> type);

    /// Ends the machine and releases its memory. All vCPU threads have been joined. Idempotent.
    @Override
    void close();
}
