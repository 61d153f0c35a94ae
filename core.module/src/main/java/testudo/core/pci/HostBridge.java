package testudo.core.pci;

import java.util.List;
import testudo.spi.pci.PciTraits;

/// The host bridge function at 00:00.0.
public final class HostBridge extends PciFunction {
    private static final int CLASS_HOST_BRIDGE = 0x060000;

    /// Makes the bridge.
    /// @param vendorId as the plan says
    /// @param deviceId as the plan says
    public HostBridge(int vendorId, int deviceId) {
        super("host-bridge", new PciTraits(vendorId, deviceId, 0, CLASS_HOST_BRIDGE, 0, 0, List.of(), false));
    }

    @Override
    protected long readBar(int bar, long offset, int sizeBytes) {
        return -1;
    }

    @Override
    protected void writeBar(int bar, long offset, int sizeBytes, long value) {}
}
