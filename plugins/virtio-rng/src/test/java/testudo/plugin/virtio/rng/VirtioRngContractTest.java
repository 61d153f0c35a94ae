package testudo.plugin.virtio.rng;

import testudo.spi.device.DeviceContext;
import testudo.spi.virtio.VirtioDevice;
import testudo.testing.tck.VirtioDeviceContract;

/// What every virtio device does.
class VirtioRngContractTest extends VirtioDeviceContract {
    @Override
    protected VirtioDevice create(DeviceContext context) {
        return new VirtioRng(context.host().entropy(), context.loop());
    }
}
