package testudo.plugin.virtio.net;

import java.lang.foreign.Arena;
import testudo.spi.device.DeviceContext;
import testudo.spi.net.NetworkLink;
import testudo.spi.virtio.VirtioActivation;

/// Frames move through this process: each queue has a scratch buffer and, with several pairs, a loop of its own.
final class LinkPath implements FramePath {
    private final NetworkLink link;
    private final Arena arena = Arena.ofShared();
    private final ReceiveQueue[] receivers;
    private final TransmitQueue[] transmitters;

    LinkPath(NetIdentity identity, NetworkLink link) {
        this.link = link;
        receivers = new ReceiveQueue[identity.pairs()];
        transmitters = new TransmitQueue[identity.pairs()];
        for (int i = 0; i < identity.pairs(); i++) {
            receivers[i] = new ReceiveQueue(link.queue(i), arena.allocate(NetworkLink.MAX_FRAME_BYTES));
            transmitters[i] = new TransmitQueue(link.queue(i), arena.allocate(NetworkLink.MAX_FRAME_BYTES));
        }
    }

    @Override
    public void activate(VirtioActivation activation, int pairs, DeviceContext context) {
        boolean mergeable = (activation.features() & NetFeature.MRG_RXBUF) != 0;
        for (int i = 0; i < pairs; i++) {
            receivers[i].activate(activation.queue(2 * i), mergeable, context.loop(2 * i));
            transmitters[i].activate(activation.queue(2 * i + 1), context.loop(2 * i + 1));
        }
    }

    @Override
    public void use(int pairs) {
        for (int i = pairs; i < receivers.length; i++) {
            receivers[i].listen(false); // a queue that is not in use may be ready for nothing but errors
        }
        link.use(pairs);
        for (int i = 0; i < pairs; i++) {
            receivers[i].listen(true);
        }
    }

    @Override
    public void onKick(int queue) {
        if ((queue & 1) == 0) {
            receivers[queue / 2].serve();
        } else {
            transmitters[queue / 2].serve();
        }
    }

    @Override
    public void stop() {
        for (int i = 0; i < receivers.length; i++) {
            receivers[i].stop();
            transmitters[i].stop();
        }
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
