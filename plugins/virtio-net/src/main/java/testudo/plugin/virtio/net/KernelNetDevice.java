package testudo.plugin.virtio.net;

import java.util.Optional;
import testudo.spi.device.DeviceContext;
import testudo.spi.net.KernelLink;
import testudo.spi.virtio.KernelServed;

/// The network device whose queue pairs the kernel serves; the control queue is served here.
final class KernelNetDevice extends NetDevice implements KernelServed {
    private final NetIdentity identity;
    private final KernelLink link;

    KernelNetDevice(NetIdentity identity, KernelLink link, DeviceContext context) {
        super(identity, link, context, new KernelPath(link));
        this.identity = identity;
        this.link = link;
    }

    @Override
    public Optional<KernelRing> kernelRing(int queue, long features) {
        return queue < 2 * identity.usablePairs(features)
                ? Optional.of(new KernelRing(link.backend(queue / 2), queue % 2 == 0 ? KernelLink.RECEIVE_RING : KernelLink.TRANSMIT_RING))
                : Optional.empty();
    }
}
