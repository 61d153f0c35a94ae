package testudo.plugin.pvpanic;

import java.util.List;
import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.pci.PciDevice;
import testudo.spi.pci.PciTraits;

/// The device.
final class Pvpanic implements PciDevice {
    private static final int BAR_BYTES = 16;
    private static final int CLASS_OTHERS = 0xFF_FF_00;
    private static final int SUPPORTED = 0b11;
    private static final PciTraits TRAITS = new PciTraits(
            0x1B36, 0x0011, 1, CLASS_OTHERS, 0, 0, List.of(new PciTraits.Bar(0, BAR_BYTES, PciTraits.Kind.MEMORY_32)), false);

    private final MachineServices machine;

    /// Makes the device.
    /// @param machine told about panics
    Pvpanic(MachineServices machine) {
        this.machine = machine;
    }

    @Override
    public PciTraits traits() {
        return TRAITS;
    }

    @Override
    public long read(int bar, long offset, int sizeBytes) {
        if (offset != 0) {
            return sizeBytes == 8 ? -1L : (1L << (8 * sizeBytes)) - 1;
        }
        return SUPPORTED;
    }

    @Override
    public void write(int bar, long offset, int sizeBytes, long value) {
        int events = (int) value & SUPPORTED;
        if (offset == 0 && events != 0) {
            machine.event(MachineEvent.PANIC, events);
        }
    }

    @Override
    public void reset() {}

    @Override
    public void close() {}
}
