package testudo.spi.irq;

/// A machine's ability to handle all interrupts inside the hypervisor: a capability of [testudo.spi.hypervisor.Vm].
public interface KernelInterruptController {
    /// Makes the controllers. Once, before the vCPUs.
    /// @return the controllers; closed with the machine
    InterruptController create();
}
