package testudo.core.pci;

import java.util.List;
import testudo.spi.pci.PciTraits;

/// An empty PCI Express root port, kept for devices that are plugged in later (PCI Express 4.0, 7.5.1.3 "Type 1 Configuration Space Header").
public final class RootPort extends PciFunction {
    private static final int INTEL = 0x8086;
    private static final int ROOT_PORT = 0x3420;
    private static final int CLASS_PCI_BRIDGE = 0x060400;
    private static final int HEADER_BRIDGE = 1;
    private static final int EXPRESS = 0x10;
    private static final int EXPRESS_BYTES = 0x3C;
    private static final int EXPRESS_VERSION = 2;
    private static final int TYPE_ROOT_PORT = 4;
    private static final int POWER_MANAGEMENT = 1;

    private final int secondary;

    /// Makes a port.
    /// @param number its physical slot number, from 1
    /// @param secondary the bus behind it, 1 to 255
    public RootPort(int number, int secondary) {
        super("root-port" + number, new PciTraits(INTEL, ROOT_PORT, 0, CLASS_PCI_BRIDGE, 0, 0, List.of(), false));
        this.secondary = secondary;
        config.set(HEADER_TYPE, 1, HEADER_BRIDGE);
        config.set(0x2C, 4, 0); // in a bridge's header these are prefetchable limits
        config.set(0x18, 4, secondary << 16 | secondary << 8); // primary 0, secondary, subordinate
        config.allowWrites(0x18, 4, 0x00FFFFFF);
        config.set(0x1C, 2, 0x00F0); // I/O base above limit: window closed
        config.allowWrites(0x1C, 2, 0xF0F0);
        config.set(0x20, 4, 0x0000FFF0); // memory base above limit: window closed
        config.allowWrites(0x20, 4, 0xFFF0FFF0);
        config.set(0x24, 4, 0x0001FFF1); // prefetchable, 64-bit, closed
        config.allowWrites(0x24, 4, 0xFFF0FFF0);
        config.allowWrites(0x28, 4, -1);
        config.allowWrites(0x2C, 4, -1);
        config.allowWrites(0x3E, 2, 0x007F);
        addExpress(number);
        int power = addCapability(POWER_MANAGEMENT, 8);
        config.set(power + 2, 2, 0xC803); // version 3, PME from D0, D3hot and D3cold
        config.allowWrites(power + 4, 2, 0x0103);
    }

    private void addExpress(int number) {
        int at = addCapability(EXPRESS, EXPRESS_BYTES);
        config.set(at + 2, 2, EXPRESS_VERSION | TYPE_ROOT_PORT << 4);
        config.set(at + 4, 4, 0x8000); // role-based error reporting
        config.allowWrites(at + 8, 2, 0x7FFF);
        config.allowClearing(at + 0xA, 2, 0x000F);
        config.set(at + 0xC, 4, 0x00000411 | number << 24); // 2.5 GT/s, x1, ASPM L0s
        config.allowWrites(at + 0x10, 2, 0x00FF);
        config.set(at + 0x12, 2, 0x1011); // 2.5 GT/s, x1, slot clock; link is down: nothing behind it
        config.allowWrites(at + 0x1C, 2, 0x001F);
        config.allowClearing(at + 0x20, 4, 0x00010000);
        config.set(at + 0x2C, 4, 0x2); // supported speeds: 2.5 GT/s
        config.set(at + 0x30, 2, 1);
    }

    @Override
    public int secondaryBus() {
        return secondary;
    }

    @Override
    protected long readBar(int bar, long offset, int sizeBytes) {
        return -1;
    }

    @Override
    protected void writeBar(int bar, long offset, int sizeBytes, long value) {}
}
