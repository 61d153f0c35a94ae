package testudo.plugin.virtio.balloon;

import java.lang.foreign.ValueLayout;
import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.driver.GuestRam;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does, with requests to inflate.
class BalloonContractTest extends VirtioDeviceContract {
    private static final int PAGES = 8;

    @Override
    protected VirtioDevice create(DeviceContext context) {
        return new BalloonDevice(true, 0, context.facts().memoryBytes(), context);
    }

    @Override
    protected int requestQueue() {
        return BalloonDevice.INFLATE;
    }

    @Override
    protected int requestBytes() {
        return PAGES * Integer.BYTES;
    }

    /// Pages behind RAM: discarding real ones is the memory's work, and not free of allocation in a test's.
    @Override
    protected void writeRequest(GuestRam ram, long address) {
        for (int i = 0; i < PAGES; i++) {
            int page = (int) (ram.end() >> PageRuns.PAGE_SHIFT) + 2 * i;
            ram.bytes().set(ValueLayout.JAVA_INT, address - ram.gpa() + (long) Integer.BYTES * i, page);
        }
    }

    @Override
    protected int replyBytes() {
        return 0;
    }
}
