package com.example.acme.pattern;

import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.memory.BufferList;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// An entropy device (VIRTIO 1.3, 5.4 "Entropy Device"), so that the driver of every guest finds it; its bytes are anything but random.
///
/// Owned by the thread of its event loop.
final class VirtioPattern implements VirtioDevice {
    /// The most one request gets: a guest that offers gigabytes must not hold the loop.
    private static final int MAX_REQUEST_BYTES = 4096;
    private static final VirtioTraits TRAITS = new VirtioTraits(4, "rng", 0, List.of(64), 0, 0x0880, 1, false);

    private final int seed;
    private final DescriptorChain chain = new DescriptorChain();
    private int next;
    private @Nullable Virtqueue queue;

    VirtioPattern(int seed) {
        this.seed = seed;
        next = seed;
    }

    @Override
    public VirtioTraits traits() {
        return TRAITS;
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        return 0;
    }

    @Override
    public void activate(VirtioActivation activation) {
        queue = activation.queue(0);
    }

    @Override
    public void onKick(int index) {
        Virtqueue from = queue;
        while (from != null && from.next(chain)) {
            BufferList to = chain.writable();
            int written = 0;
            while (written < MAX_REQUEST_BYTES && to.writeByte(next)) {
                next = (next + 1) & 0xFF;
                written++;
            }
            from.complete(chain, written);
        }
    }

    @Override
    public void quiesce() {
        // No request outlives the call that serves it.
        queue = null;
    }

    @Override
    public void reset() {
        queue = null;
        next = seed;
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
