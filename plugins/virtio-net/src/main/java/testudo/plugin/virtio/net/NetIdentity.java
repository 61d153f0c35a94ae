package testudo.plugin.virtio.net;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.net.KernelLink;
import testudo.spi.net.MacAddress;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;
import testudo.spi.virtio.VirtioTraits;

/// What the device says of itself: fixed when it is made.
/// @param mac the guest's address in configuration space, when the device gives one
/// @param pairs queue pairs
/// @param mtu in configuration space; 0 when the device says none
/// @param traits for the core
record NetIdentity(Optional<MacAddress> mac, int pairs, int mtu, VirtioTraits traits) {
    private static final int TYPE_ID = 1;
    private static final int PCI_CLASS = 0x0280;
    private static final int QUEUE_SIZE = 256;
    private static final int CONFIG_BYTES = 12;
    private static final Logger LOG = LoggerFactory.getLogger(NetIdentity.class);

    static NetIdentity of(NetworkOptions options, NetworkLink link, int vcpus) {
        int pairs = options.vqPairs();
        if (pairs > Math.min(vcpus, link.queues())) {
            LOG.warn("net: {} queue pairs do not fit {} vCPUs and {} of the host side; using one", pairs, vcpus, link.queues());
            pairs = 1;
        }
        int mtu = options.mtu().orElse(link.mtu());
        // with host-ip, mac is the host's own address, as crosvm has it
        var mac = options.hostIp().isPresent() ? Optional.<MacAddress>empty() : options.mac().map(MacAddress::parse);
        mac = mac.or(link::guestAddress);
        long features = (link.features() & NetFeature.OFFLOADS) | NetFeature.STATUS | NetFeature.CTRL_VQ | NetFeature.CTRL_RX;
        features |= mac.isPresent() ? NetFeature.MAC : 0;
        features |= mtu > 0 ? NetFeature.MTU : 0;
        features |= options.mrgRxbuf() || kernelMerges(link) ? NetFeature.MRG_RXBUF : 0;
        features |= pairs > 1 ? NetFeature.MQ : 0;
        features |= (link.features() & NetFeature.GUEST_OFFLOADS) != 0 ? NetFeature.CTRL_GUEST_OFFLOADS : 0;
        List<Integer> sizes = new ArrayList<>(Collections.nCopies(2 * pairs + 1, QUEUE_SIZE));
        int loops = pairs == 1 ? 1 : 2 * pairs;
        return new NetIdentity(mac, pairs, mtu, new VirtioTraits(
                TYPE_ID, "net", features, sizes, CONFIG_BYTES, PCI_CLASS, loops, options.packedQueue()));
    }

    private static boolean kernelMerges(NetworkLink link) {
        return link instanceof KernelLink kernel && (kernel.backend(0).features() & NetFeature.MRG_RXBUF) != 0;
    }

    /// How many pairs a driver can use that has agreed on some features.
    int usablePairs(long features) {
        return (features & NetFeature.MQ) != 0 ? pairs : 1;
    }

    /// Which queue the control queue is: the one behind the pairs that the driver can use.
    /// @return -1 when there is none
    int controlQueue(long features) {
        return (features & NetFeature.CTRL_VQ) != 0 ? 2 * usablePairs(features) : -1;
    }
}
