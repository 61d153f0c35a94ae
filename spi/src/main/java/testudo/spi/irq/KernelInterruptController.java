package testudo.spi.irq;

import testudo.spi.arch.MachinePlan.Interrupts;

/// A machine's ability to handle all interrupts inside the hypervisor: a capability of [testudo.spi.hypervisor.Vm].
public interface KernelInterruptController {
    /// Makes the controllers. Once, before the vCPUs.
    /// @param interrupts where the plan puts their registers, and how many pins they have
    /// @return the controllers; closed with the machine
    InterruptController create(Interrupts interrupts);
}
