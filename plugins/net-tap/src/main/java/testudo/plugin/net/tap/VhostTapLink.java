package testudo.plugin.net.tap;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.host.VhostDevice;
import testudo.spi.net.KernelLink;
import testudo.spi.net.MacAddress;

/// A tap whose frames vhost-net moves: one back-end for each queue pair.
final class VhostTapLink extends TapLink implements KernelLink {
    private static final int NOTHING = -1;

    private final List<VhostDevice> backends;

    /// Takes ownership of taps and back-ends; of the latter only when it succeeds.
    /// @param backends as many as there are taps
    VhostTapLink(List<TapQueue> taps, int mtu, Optional<MacAddress> guestAddress, List<VhostDevice> backends) {
        super(taps, mtu, guestAddress);
        this.backends = List.copyOf(backends);
    }

    @Override
    public VhostDevice backend(int pair) {
        return backends.get(pair);
    }

    @Override
    public void start(int pair) {
        int tap = tap(pair).descriptor();
        Errno.check(setBackend(pair, RECEIVE_RING, tap), "vhost-net: cannot start to receive");
        long result = setBackend(pair, TRANSMIT_RING, tap);
        if (result < 0) {
            setBackend(pair, RECEIVE_RING, NOTHING);
            throw Errno.failure("vhost-net: cannot start to send", result);
        }
    }

    @Override
    public void stop(int pair) {
        Errno.check(setBackend(pair, RECEIVE_RING, NOTHING), "vhost-net: cannot stop receiving");
        Errno.check(setBackend(pair, TRANSMIT_RING, NOTHING), "vhost-net: cannot stop sending");
    }

    private long setBackend(int pair, int ring, int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment file = arena.allocate(TunRequest.VRING_FILE);
            file.set(JAVA_INT, 0, ring);
            file.set(JAVA_INT, Integer.BYTES, descriptor);
            return Ioctl.call(OpenDescriptor.of(backends.get(pair)), TunRequest.VHOST_NET_SET_BACKEND, file.address());
        }
    }

    @Override
    public void close() {
        backends.forEach(VhostDevice::close);
        super.close();
    }
}
