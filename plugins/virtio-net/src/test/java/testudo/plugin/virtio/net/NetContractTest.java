package testudo.plugin.virtio.net;

import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does: frames that are sent.
class NetContractTest extends VirtioDeviceContract {
    @Override
    protected VirtioDevice create(DeviceContext context) {
        FakeLink link = new FakeLink(context.host(), 1);
        link.keepSent = false;
        NetIdentity identity = NetIdentity.of(NetDeviceTest.options("mac=52:54:00:00:00:01"), link, 1);
        return new NetDevice(identity, link, context, new LinkPath(identity, link));
    }

    @Override
    protected int requestQueue() {
        return 1;
    }

    @Override
    protected int requestBytes() {
        return 100;
    }

    @Override
    protected int replyBytes() {
        return 0;
    }
}
