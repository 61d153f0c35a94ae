package testudo.plugin.virtio.vsock;

import java.nio.file.Path;
import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does: packets of no connection.
class VsockContractTest extends VirtioDeviceContract {
    @Override
    protected VirtioDevice create(DeviceContext context) {
        return new VsockDevice(3, Path.of("vsock"), new FakeSockets(), context.loop());
    }

    @Override
    protected int requestQueue() {
        return VsockDevice.TRANSMIT;
    }

    @Override
    protected int requestBytes() {
        return Packet.HEADER_BYTES;
    }

    @Override
    protected int replyBytes() {
        return 0;
    }
}
