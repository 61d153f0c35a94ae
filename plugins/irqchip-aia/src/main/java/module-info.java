/// The interrupt controllers of a RISC-V machine outside of the hypervisor: incoming MSI controllers and a platform-level controller
/// ("RISC-V Advanced Interrupt Architecture" 1.0).
@org.jspecify.annotations.NullMarked
module testudo.plugin.irqchip.aia {
    requires testudo.spi;

    provides testudo.spi.irq.InterruptControllerProvider with testudo.plugin.irqchip.aia.AiaProvider;
}
