package testudo.plugin.virtio.vsock;

import java.nio.file.Path;
import java.util.List;
import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does: packets of no connection.
class VsockContractTest extends VirtioDeviceContract {
    @Override
    protected VirtioDevice create(DeviceContext context) {
        return new VsockDevice(new VsockIdentity(Guest.CID, 3, List.of(256, 256, 256)), Path.of("vsock"), new FakeSockets(),
                context.host().events(), context.loop());
    }

    @Override
    protected int requestQueue() {
        return VsockIdentity.TRANSMIT;
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
