package testudo.core.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import testudo.core.pci.PciFunction;
import testudo.spi.VmmException;
import testudo.spi.pci.PciAddress;
import testudo.spi.pci.PciTraits;

class BootOrderTest {
    private static final int SCSI = 0x01_00_00;
    private static final int ETHERNET = 0x02_00_00;
    private static final int OTHER = 0xFF_00_00;

    private final BootOrder order = new BootOrder();

    @Test
    void pathsComeByIndex() {
        add(7, 1, 0, SCSI);
        add(-2, 0x1F, 3, ETHERNET);
        add(0, 10, 0, OTHER);

        assertEquals(
                List.of(
                        "/pci@i0cf8/ethernet@1f,3/ethernet-phy@0",
                        "/pci@i0cf8/pci1af4,1042@a",
                        "/pci@i0cf8/scsi@1/disk@0,0"),
                order.paths());
    }

    @Test
    void devicesWithoutAnIndexAreLeftToFirmware() {
        order.add(OptionalInt.empty(), new PciAddress(0, 1, 0), new Function("block0", SCSI));

        assertEquals(List.of(), order.paths());
    }

    @Test
    void anIndexIsForOneDevice() {
        add(1, 1, 0, SCSI);
        add(1, 2, 0, SCSI);

        assertEquals(
                List.of("bootindex 1 is that of device1 and of device2; give each its own"),
                assertThrows(VmmException.Config.class, order::paths).problems());
    }

    private void add(int index, int device, int function, int classCode) {
        order.add(OptionalInt.of(index), new PciAddress(0, device, function), new Function("device" + device, classCode));
    }

    private static final class Function extends PciFunction {
        private Function(String id, int classCode) {
            super(id, new PciTraits(0x1AF4, 0x1042, 1, classCode, 0, 0, List.of(), false));
        }

        @Override
        protected long readBar(int bar, long offset, int sizeBytes) {
            return -1;
        }

        @Override
        protected void writeBar(int bar, long offset, int sizeBytes, long value) {}
    }
}
