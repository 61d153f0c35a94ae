/// The interrupt controllers of a PC outside of the hypervisor: 8259A pair, I/O APIC, 8254 timer, local APICs.
@org.jspecify.annotations.NullMarked
module testudo.plugin.irqchip.x86 {
    requires testudo.spi;

    provides testudo.spi.irq.InterruptControllerProvider with testudo.plugin.irqchip.x86.PcInterruptControllerProvider;
}
