package testudo.plugin.virtio.block;

import java.util.Optional;
import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does, with reads of one sector from a disk in memory.
class BlockContractTest extends VirtioDeviceContract {
    private static final int DISK_BYTES = 1 << 20;

    @Override
    protected VirtioDevice create(DeviceContext context) {
        return new BlockDevice(TestDisk.options(false, Optional.of("serial-1")), 0, new RamImage(DISK_BYTES), context);
    }

    /// A header of zeros: a read from sector 0.
    @Override
    protected int requestBytes() {
        return 16;
    }

    @Override
    protected int replyBytes() {
        return 512 + 1;
    }
}
