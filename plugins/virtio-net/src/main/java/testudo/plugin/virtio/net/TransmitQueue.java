package testudo.plugin.virtio.net;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.memory.BufferList;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkQueue;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Moves the guest's frames to the link (VIRTIO 1.3, 5.1.6.2 "Packet Transmission"). Served by one thread.
final class TransmitQueue {
    private static final int SHORTEST = NetworkLink.HEADER_BYTES + 14;

    private final NetworkQueue to;
    private final MemorySegment scratch;
    private final DescriptorChain chain = new DescriptorChain();
    private final Runnable again = this::serve;
    private volatile @Nullable Virtqueue queue;
    private @Nullable EventLoop loop;

    TransmitQueue(NetworkQueue to, MemorySegment scratch) {
        this.to = to;
        this.scratch = scratch;
    }

    void activate(Virtqueue from, EventLoop owner) {
        loop = owner;
        queue = from;
    }

    void stop() {
        queue = null;
    }

    void serve() {
        Virtqueue from = queue;
        EventLoop owner = loop;
        if (from == null || owner == null || !from.enabled()) {
            return;
        }
        for (int served = 0; served < from.size(); served++) {
            if (!from.next(chain)) {
                return;
            }
            BufferList frame = chain.readable();
            long lengthBytes = frame.sizeBytes();
            if (lengthBytes >= SHORTEST && lengthBytes <= scratch.byteSize()) {
                frame.read(scratch, 0, lengthBytes);
                to.send(scratch, (int) lengthBytes);
            }
            from.complete(chain, 0);
        }
        owner.execute(again); // a queue full at a time: others on this loop get their turn
    }
}
