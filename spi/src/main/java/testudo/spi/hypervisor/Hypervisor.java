package testudo.spi.hypervisor;

/// An open hypervisor. Methods may be called from any thread.
public interface Hypervisor extends AutoCloseable {
    /// What it can do, constant for its life.
    /// @return the profile
    HypervisorProfile profile();

    /// Makes a virtual machine.
    /// @param request what kind
    /// @return a machine in state created; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the host refuses
    Vm createVm(VmRequest request);

    /// Releases it. All its machines are closed before.
    @Override
    void close();
}
