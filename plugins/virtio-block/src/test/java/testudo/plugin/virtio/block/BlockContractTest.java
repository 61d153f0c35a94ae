package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.DeviceBench;
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

    @Test
    void noQueueOfTheDiskIsLeftOpen() {
        RamImage image = new RamImage(DISK_BYTES);
        image.immediate = false;
        DeviceBench bench = new DeviceBench(
                newContext(), context -> new BlockDevice(TestDisk.options(false, Optional.empty()), 0, image, context)).start();
        long room = bench.ram().allocate(1024, 16);
        for (int round = 0; round < 3; round++) {
            bench.driver(0).begin();
            bench.driver(0).readable(room, requestBytes());
            bench.driver(0).writable(room + 16, replyBytes());
            int id = bench.driver(0).offer();
            bench.kick(0);
            assertEquals(-1, bench.driver(0).poll(), "the disk is slow");
            bench.quiesce();
            assertEquals(id, bench.driver(0).poll(), "and waited for");
            bench.start();
            assertEquals(BlockDevice.QUEUES, image.openQueues);
        }
        bench.reset();
        assertEquals(0, image.openQueues);
        bench.start();
        bench.close();
        assertEquals(0, image.openQueues);
    }
}
