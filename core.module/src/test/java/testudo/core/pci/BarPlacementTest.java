package testudo.core.pci;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import testudo.core.bus.Bus;
import testudo.core.bus.BusDevice;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.pci.PciAddress;
import testudo.spi.pci.PciTraits;
import testudo.spi.pci.PciTraits.Bar;
import testudo.spi.pci.PciTraits.Kind;

/// Where a guest may move base address registers.
class BarPlacementTest {
    private static final int DEVICE = 1 << 3;
    private static final long LOW = 0xD000_0000L;
    private static final long HIGH = 0x2_0000_0000L;
    private static final long RAM_END = 0x800_0000L;
    private static final int ANSWER = 0x5A;

    private final Bus ports = new Bus("port");
    private final Bus addresses = new Bus("address");

    @BeforeEach
    void memory() {
        addresses.add(0, RAM_END, "RAM", new Constant(-1));
    }

    @Test
    void aPcForwardsEveryAddressThatIsFree() {
        PciRoot root = root(0xCF8);

        assertEquals(ANSWER, moved(root, 0x10, 0xFEA0_0000L));
        assertEquals(ANSWER, moved(root, 0x10, RAM_END));
        assertEquals(0xFF, addresses.read(0xFEA0_0000L, 1), "it has left its former place");
    }

    @Test
    void memoryAndOtherDevicesKeepTheirPlace() {
        PciRoot root = root(0xCF8);
        addresses.add(0xFEC0_0000L, 0x1000, "I/O APIC", new Constant(0x11));

        assertEquals(0xFF, moved(root, 0x10, RAM_END - 0x1000));
        assertEquals(0x11, moved(root, 0x10, 0xFEC0_0000L));
        assertEquals(ANSWER, moved(root, 0x10, LOW));
    }

    @Test
    void nothingIsAtTheTopWhileTheSizeIsAsked() {
        PciRoot root = root(0xCF8);
        addresses.add(0xFFFF_0000L, 0x1_0000, "firmware", new Constant(0x22));

        assertEquals(0x22, moved(root, 0x10, 0xFFFF_FFFFL & -0x1000));
        assertEquals(ANSWER, moved(root, 0x10, LOW));
    }

    @Test
    void aRegisterOf64BitsMayGoToEitherSide() {
        PciRoot root = root(0xCF8);
        root.writeConfig(DEVICE, 0x18, 4, 0);

        assertEquals(ANSWER, moved(root, 0x14, 0xFEA0_0000L));
        root.writeConfig(DEVICE, 0x18, 4, (int) (HIGH >>> 32));
        assertEquals(ANSWER, addresses.read(HIGH + 0xFEA0_0000L, 1));
        root.writeConfig(DEVICE, 0x18, 4, 0x7F_FFFF);
        assertEquals(0xFF, addresses.read(0x7F_FFFF_FEA0_0000L, 1), "behind the high window");
    }

    @Test
    void otherHostsForwardTheirWindows() {
        PciRoot root = root(-1);

        assertEquals(0xFF, moved(root, 0x10, 0xFEA0_0000L));
        assertEquals(ANSWER, moved(root, 0x10, LOW + 0x10_0000));
    }

    @Test
    void portsOfAPcMayBeAnywhere() {
        PciRoot root = root(0xCF8);
        ports.add(0x3F8, 8, "serial", new Constant(0x33));

        root.writeConfig(DEVICE, 0x1C, 4, 0x1000);
        assertEquals(ANSWER, ports.read(0x1000, 1));
        root.writeConfig(DEVICE, 0x1C, 4, 0x3F8);
        assertEquals(0x33, ports.read(0x3F8, 1));
        root.writeConfig(DEVICE, 0x1C, 4, -1);
        assertEquals(0xFF, ports.read(0xFFFF_FFFCL, 1));
    }

    /// Moves a base address register and reads what answers there.
    private long moved(PciRoot root, int register, long to) {
        root.writeConfig(DEVICE, register, 4, (int) to);
        return addresses.read(to, 1);
    }

    private PciRoot root(int configPort) {
        PciHost host = new PciHost(
                configPort, new Window(0xF400_0000L, 0x400_0000), 12, new Window(0xD000, 0x3000), new Window(LOW, 0x2400_0000),
                new Window(HIGH, 0x10_0000_0000L), 0x8086, 0x1237, 0);
        PciRoot root = new PciRoot(host, ports, addresses, () -> {});
        root.add(new PciAddress(0, 1, 0), new Function());
        root.writeConfig(DEVICE, PciFunction.COMMAND, 2, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_IO);
        return root;
    }

    private record Constant(long value) implements BusDevice {
        @Override
        public long read(long offset, int sizeBytes) {
            return value;
        }

        @Override
        public void write(long offset, int sizeBytes, long value) {}
    }

    private static final class Function extends PciFunction {
        private Function() {
            super("device", new PciTraits(0x1AF4, 0x1042, 1, 0xFF0000, 0, 0, List.of(
                    new Bar(0, 0x1000, Kind.MEMORY_32), new Bar(1, 0x1000, Kind.MEMORY_64), new Bar(3, 8, Kind.IO)), false));
        }

        @Override
        protected long readBar(int bar, long offset, int sizeBytes) {
            return ANSWER;
        }

        @Override
        protected void writeBar(int bar, long offset, int sizeBytes, long value) {}
    }
}
