package testudo.plugin.virtio.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import testudo.spi.device.DeviceContext;
import testudo.spi.net.NetworkLink;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;

/// The network device (VIRTIO 1.3, 5.1 "Network Device") on top of a link. Which queue is which depends on what was negotiated:
/// the control queue follows the pairs that the driver may use.
final class NetDevice implements VirtioDevice {
    private static final int STATUS_LINK_UP = 1;
    private static final int MAC_BYTES = 6;
    private static final int CONFIG_BYTES = 12;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final NetIdentity identity;
    private final NetworkLink link;
    private final DeviceContext context;
    private final Arena arena = Arena.ofShared();
    private final byte[] config = new byte[CONFIG_BYTES];
    private final ReceiveQueue[] receivers;
    private final TransmitQueue[] transmitters;
    private final ControlQueue control;
    private int controlIndex = -1;

    NetDevice(NetIdentity identity, NetworkLink link, DeviceContext context) {
        this.identity = identity;
        this.link = link;
        this.context = context;
        receivers = new ReceiveQueue[identity.pairs()];
        transmitters = new TransmitQueue[identity.pairs()];
        for (int i = 0; i < identity.pairs(); i++) {
            receivers[i] = new ReceiveQueue(link.queue(i), arena.allocate(NetworkLink.MAX_FRAME_BYTES));
            transmitters[i] = new TransmitQueue(link.queue(i), arena.allocate(NetworkLink.MAX_FRAME_BYTES));
        }
        control = new ControlQueue(link, identity.pairs());
        MemorySegment fields = MemorySegment.ofArray(config);
        identity.mac().ifPresent(mac -> {
            for (int i = 0; i < MAC_BYTES; i++) {
                config[i] = (byte) mac.octet(i);
            }
        });
        fields.set(SHORT, 6, (short) STATUS_LINK_UP);
        fields.set(SHORT, 8, (short) identity.pairs());
        fields.set(SHORT, 10, (short) identity.mtu());
    }

    @Override
    public VirtioTraits traits() {
        return identity.traits();
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        long value = 0;
        for (int i = sizeBytes - 1; i >= 0; i--) {
            value = (value << 8) | (config[offset + i] & 0xFF);
        }
        return value;
    }

    @Override
    public void activate(VirtioActivation activation) {
        long features = activation.features();
        link.agree(features & NetFeature.OFFLOADS);
        boolean severalPairs = (features & NetFeature.MQ) != 0;
        int pairs = severalPairs ? identity.pairs() : 1;
        controlIndex = (features & NetFeature.CTRL_VQ) != 0 ? 2 * pairs : -1;
        for (int i = 0; i < pairs; i++) {
            boolean mergeable = (features & NetFeature.MRG_RXBUF) != 0;
            receivers[i].activate(activation.queue(2 * i), mergeable, context.loop(2 * i));
            transmitters[i].activate(activation.queue(2 * i + 1), context.loop(2 * i + 1));
        }
        if (controlIndex >= 0) {
            control.activate(activation.queue(controlIndex), features, context.loop(controlIndex));
        }
    }

    @Override
    public void onKick(int queue) {
        if (queue == controlIndex) {
            control.serve();
        } else if (queue >= 2 * identity.pairs()) {
            return; // the last queue, which is not the control queue when the driver uses one pair
        } else if ((queue & 1) == 0) {
            receivers[queue / 2].serve();
        } else {
            transmitters[queue / 2].serve();
        }
    }

    @Override
    public void quiesce() {
        for (int i = 0; i < receivers.length; i++) {
            receivers[i].stop();
            transmitters[i].stop();
        }
        control.stop();
    }

    @Override
    public void reset() {
        quiesce();
        link.agree(0);
        controlIndex = -1;
    }

    @Override
    public void close() {
        quiesce();
        link.close();
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
