package com.example.acme.pattern;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
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
    /// Every request is a piece of this, from the byte on that is next.
    private static final MemorySegment PATTERN = pattern();
    private static final VirtioTraits TRAITS = new VirtioTraits(4, "rng", 0, List.of(64), 0, 0x0880, 1, false);

    private final int seed;
    private final DescriptorChain chain = new DescriptorChain();
    private final EventLoop.Turn turn;
    private int next;
    private @Nullable Virtqueue queue;

    VirtioPattern(int seed, EventLoop loop) {
        this.seed = seed;
        turn = loop.turn(this::serve);
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
        serve();
    }

    private void serve() {
        Virtqueue from = queue;
        if (from == null || !from.enabled()) {
            return;
        }
        for (int served = 0; served < from.size(); served++) {
            if (!from.next(chain)) {
                return;
            }
            from.complete(chain, fill(chain.writable()));
        }
        // A queue full at a time: what is done is published in between, and a guest that never stops asking does not hold the loop.
        turn.again();
    }

    private long fill(BufferList to) {
        long written = to.write(PATTERN, next, MAX_REQUEST_BYTES);
        next = (int) (next + written) & 0xFF;
        return written;
    }

    private static MemorySegment pattern() {
        byte[] bytes = new byte[256 + MAX_REQUEST_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return MemorySegment.ofArray(bytes).asReadOnly();
    }

    @Override
    public void quiesce() {
        // No request outlives the call that serves it; one more turn may be on its way.
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
