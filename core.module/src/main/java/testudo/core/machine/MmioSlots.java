package testudo.core.machine;

import testudo.core.pci.PciRoot;
import testudo.core.virtio.VirtioMmioRegisters;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.Resource;

/// Places for virtio devices that are not on PCI: addresses out of the low PCI window, which base address registers are not given, and the
/// last pins of the interrupt controllers that PCI leaves free, in turn.
final class MmioSlots {
    private static final int MAX_PINS = 8;

    private final MachinePlan plan;
    private final PciRoot root;
    private int used;

    /// @param registers where
    /// @param irq level-triggered; other slots may share the pin
    record Slot(Resource.Mmio registers, Resource.Irq irq) {}

    MmioSlots(MachinePlan plan, PciRoot root) {
        this.plan = plan;
        this.root = root;
    }

    /// @throws VmmException.Config when the machine has no pins or addresses for it
    Slot next(String id) {
        Interrupts interrupts = plan.interrupts();
        int first = Math.max(interrupts.firstPciPin() + interrupts.pciPins(), interrupts.pins() - MAX_PINS);
        int pins = interrupts.pins() - first;
        if (pins <= 0) {
            throw new VmmException.Config("%s: %s machines have no interrupt pins for --virtio-transport mmio; use pci"
                    .formatted(id, plan.architecture()));
        }
        long gpa = root.reserve(VirtioMmioRegisters.SIZE_BYTES, id);
        int gsi = first + used++ % pins;
        return new Slot(new Resource.Mmio(gpa, VirtioMmioRegisters.SIZE_BYTES), new Resource.Irq(gsi, Trigger.LEVEL));
    }
}
