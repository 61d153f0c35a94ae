package testudo.spi.irq;

import testudo.spi.hypervisor.VmRequest.IrqchipMode;

/// Makes interrupt controllers outside of the hypervisor. Found by [java.util.ServiceLoader].
///
/// Where the mode is [IrqchipMode#KERNEL] the machine's [KernelInterruptController] capability is used instead.
public interface InterruptControllerProvider {
    /// The identity, such as `irqchip-x86`.
    /// @return a short lower-case name
    String id();

    /// Whether it serves machines of a kind.
    /// @param architecture such as `x86_64`
    /// @param mode where interrupts are handled
    /// @return true when [#create] will work
    boolean serves(String architecture, IrqchipMode mode);

    /// Makes the controllers.
    /// @param context what they need of the machine
    /// @return the controllers; the caller closes them
    InterruptController create(InterruptControllerContext context);
}
