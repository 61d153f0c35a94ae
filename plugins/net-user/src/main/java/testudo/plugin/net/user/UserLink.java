package testudo.plugin.net.user;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkOptions;
import testudo.spi.net.NetworkQueue;

/// The guest's end of the network: one queue pair.
final class UserLink implements NetworkLink, NetworkQueue {
    static final long CSUM = 1;
    static final long GUEST_CSUM = 1 << 1;
    static final long GUEST_TSO4 = 1 << 7;
    static final long GUEST_TSO6 = 1 << 8;
    private static final long HOST_TSO4 = 1 << 11;
    private static final long HOST_TSO6 = 1 << 12;
    private static final int RING_BYTES = 1 << 20;
    private static final int DEFAULT_MTU = 1500;

    private final Arena arena = Arena.ofShared();
    private final FrameRing ring = new FrameRing(arena.allocate(RING_BYTES, 8));
    private final HostEvent filled;
    final Stack stack;
    private final int mtu;
    private volatile boolean closed;

    /// @param nameServer that of the host, when the guest may use it
    UserLink(NetworkOptions options, List<Forward> forwards, HostPlatform host, Optional<InetAddress> nameServer) {
        mtu = options.mtu().orElse(DEFAULT_MTU);
        filled = host.events().newEvent();
        Reach reach = new Reach(options.restrict(), options.hostAccess(), nameServer);
        try {
            stack = new Stack(new FrameWriter(ring, filled), reach, mtu, nameServer.isPresent(), arena);
            stack.start(forwards);
        } catch (RuntimeException failure) {
            filled.close();
            arena.close();
            throw failure;
        }
    }

    @Override
    public long features() {
        return CSUM | GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | HOST_TSO4 | HOST_TSO6;
    }

    @Override
    public void agree(long features) {
        if (!closed) {
            stack.agree((features & GUEST_CSUM) != 0, (features & GUEST_TSO4) != 0, (features & GUEST_TSO6) != 0);
        }
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public int queues() {
        return 1;
    }

    @Override
    public NetworkQueue queue(int index) {
        return this;
    }

    @Override
    public Pollable readiness() {
        return filled;
    }

    @Override
    public int receive(MemorySegment to) {
        int lengthBytes = ring.take(to);
        if (lengthBytes == 0) {
            filled.consume();
            lengthBytes = ring.take(to); // what came in between has signalled before it was consumed
        }
        if (lengthBytes != 0 && ring.isHalfEmpty()) {
            stack.roomAgain();
        }
        return lengthBytes;
    }

    @Override
    public boolean send(MemorySegment frame, int lengthBytes) {
        return !closed && stack.fromGuest(frame, lengthBytes);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stack.close();
            filled.close();
            arena.close();
        }
    }
}
