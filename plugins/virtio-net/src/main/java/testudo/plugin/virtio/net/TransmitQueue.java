package testudo.plugin.virtio.net;

import java.lang.foreign.MemorySegment;
import testudo.spi.memory.BufferList;
import testudo.spi.net.NetworkLink;
import testudo.spi.net.NetworkQueue;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Moves the guest's frames to the link (VIRTIO 1.3, 5.1.6.2 "Packet Transmission"). Served by one thread.
final class TransmitQueue extends QueueServer {
    private static final int SHORTEST = NetworkLink.HEADER_BYTES + 14;

    private final NetworkQueue to;
    private final MemorySegment scratch;
    private final DescriptorChain chain = new DescriptorChain();

    TransmitQueue(NetworkQueue to, MemorySegment scratch) {
        this.to = to;
        this.scratch = scratch;
    }

    @Override
    boolean step(Virtqueue from) {
        if (!from.next(chain)) {
            return false;
        }
        BufferList frame = chain.readable();
        long lengthBytes = frame.sizeBytes();
        if (lengthBytes >= SHORTEST && lengthBytes <= scratch.byteSize()) {
            frame.read(scratch, 0, lengthBytes);
            to.send(scratch, (int) lengthBytes);
        }
        from.complete(chain, 0);
        return true;
    }
}
