package testudo.plugin.irqchip.aia;

import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.InterruptControllerProvider;

/// Makes the controllers of RISC-V machines whose hypervisor has none.
public final class AiaProvider implements InterruptControllerProvider {
    /// Made by [java.util.ServiceLoader].
    public AiaProvider() {}

    @Override
    public String id() {
        return "irqchip-aia";
    }

    @Override
    public boolean serves(String architecture, IrqchipMode mode) {
        return architecture.equals("riscv64") && mode == IrqchipMode.USERSPACE;
    }

    @Override
    public InterruptController create(InterruptControllerContext context) {
        return new AiaController(context);
    }
}
