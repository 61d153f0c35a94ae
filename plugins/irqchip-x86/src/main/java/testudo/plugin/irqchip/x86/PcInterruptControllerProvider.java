package testudo.plugin.irqchip.x86;

import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.InterruptControllerProvider;

/// Makes a PC's interrupt controllers for the split and userspace modes.
public final class PcInterruptControllerProvider implements InterruptControllerProvider {
    /// Made by [java.util.ServiceLoader].
    public PcInterruptControllerProvider() {}

    @Override
    public String id() {
        return "irqchip-x86";
    }

    @Override
    public boolean serves(String architecture, IrqchipMode mode) {
        return architecture.equals("x86_64") && mode != IrqchipMode.KERNEL;
    }

    @Override
    public InterruptController create(InterruptControllerContext context) {
        return new PcInterruptController(context);
    }
}
