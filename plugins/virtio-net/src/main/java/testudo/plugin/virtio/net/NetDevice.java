package testudo.plugin.virtio.net;

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
sealed class NetDevice implements VirtioDevice permits KernelNetDevice {
    private static final int STATUS_LINK_UP = 1;
    private static final int MAC_BYTES = 6;
    private static final int CONFIG_BYTES = 12;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final NetIdentity identity;
    private final NetworkLink link;
    private final DeviceContext context;
    private final byte[] config = new byte[CONFIG_BYTES];
    private final FramePath path;
    private final ControlQueue control;
    private int controlIndex = -1;
    /// How many pairs the driver uses, as it has said since the last reset.
    private int used = 1;

    /// Takes ownership of the link.
    /// @param path moves the frames of the link
    NetDevice(NetIdentity identity, NetworkLink link, DeviceContext context, FramePath path) {
        this.identity = identity;
        this.link = link;
        this.context = context;
        this.path = path;
        control = new ControlQueue(link, identity.pairs(), this::use);
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
        controlIndex = identity.controlQueue(features);
        path.activate(activation, identity.usablePairs(features), context);
        use(used);
        if (controlIndex >= 0) {
            control.activate(activation.queue(controlIndex), features, context.loop(controlIndex));
        }
    }

    /// The driver uses so many pairs from now on (VIRTIO 1.3, 5.1.6.5.5 "Automatic receive steering in multiqueue mode").
    private void use(int pairs) {
        used = pairs;
        path.use(pairs);
    }

    @Override
    public void onKick(int queue) {
        if (queue == controlIndex) {
            control.serve();
        } else if (queue < 2 * identity.pairs()) { // the last queue is not the control queue when the driver uses one pair
            path.onKick(queue);
        }
    }

    @Override
    public void quiesce() {
        path.stop();
        control.stop();
    }

    @Override
    public void reset() {
        quiesce();
        link.agree(0);
        link.use(1);
        controlIndex = -1;
        used = 1;
    }

    @Override
    public void close() {
        quiesce();
        link.close();
        path.close();
    }
}
