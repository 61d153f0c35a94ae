package testudo.plugin.net.tap;

import java.util.List;
import java.util.Optional;
import testudo.platform.linux.call.Errno;
import testudo.spi.net.MacAddress;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkQueue;

/// A tap: the kernel's headers are the guest's, so checksums and segmentation are passed on as they come.
sealed class TapLink implements NetworkLink permits VhostTapLink {
    private static final long CSUM = 1L;
    private static final long GUEST_CSUM = 1L << 1;
    private static final long GUEST_TSO4 = 1L << 7;
    private static final long GUEST_TSO6 = 1L << 8;
    private static final long GUEST_ECN = 1L << 9;
    private static final long GUEST_UFO = 1L << 10;
    /// What the kernel takes from guests: `HOST_TSO4`, `HOST_TSO6`, `HOST_ECN`, `HOST_UFO`.
    private static final long HOST_OFFLOADS = 1L << 11 | 1L << 12 | 1L << 13 | 1L << 14;
    private static final long SEGMENTS = GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | GUEST_ECN;

    private final List<TapQueue> taps;
    private final int mtu;
    private final Optional<MacAddress> guestAddress;
    private final long features;

    /// Takes ownership of queues, also when it fails.
    TapLink(List<TapQueue> taps, int mtu, Optional<MacAddress> guestAddress) {
        this.taps = List.copyOf(taps);
        this.mtu = mtu;
        this.guestAddress = guestAddress;
        features = CSUM | HOST_OFFLOADS | largest();
        agree(0);
        use(1);
    }

    /// What the tap may be told to hand to the guest: kernels differ in UFO.
    private long largest() {
        for (long guest : new long[]{SEGMENTS | GUEST_UFO, SEGMENTS, GUEST_CSUM}) {
            if (taps.getFirst().offloads(offloads(guest)) == 0) {
                return guest;
            }
        }
        return 0;
    }

    private static int offloads(long agreed) {
        if ((agreed & GUEST_CSUM) == 0) {
            return 0; // the others need it
        }
        return TunRequest.TUN_F_CSUM
                | ((agreed & GUEST_TSO4) != 0 ? TunRequest.TUN_F_TSO4 : 0)
                | ((agreed & GUEST_TSO6) != 0 ? TunRequest.TUN_F_TSO6 : 0)
                | ((agreed & GUEST_ECN) != 0 ? TunRequest.TUN_F_TSO_ECN : 0)
                | ((agreed & GUEST_UFO) != 0 ? TunRequest.TUN_F_UFO : 0);
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public void agree(long agreed) {
        Errno.check(taps.getFirst().offloads(offloads(agreed & features)), "tap: cannot set offloads");
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public int queues() {
        return taps.size();
    }

    @Override
    public NetworkQueue queue(int index) {
        return taps.get(index);
    }

    TapQueue tap(int index) {
        return taps.get(index);
    }

    @Override
    public void use(int pairs) {
        for (int i = 0; i < taps.size(); i++) {
            taps.get(i).attach(i < pairs);
        }
    }

    @Override
    public Optional<MacAddress> guestAddress() {
        return guestAddress;
    }

    @Override
    public void close() {
        taps.forEach(TapQueue::close);
    }
}
