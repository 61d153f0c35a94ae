package testudo.core.vhost;

import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// A queue whose ring is not ready: always empty.
/// @param index its index
/// @param size its largest size
record IdleQueue(int index, int size) implements Virtqueue {
    @Override
    public boolean enabled() {
        return false;
    }

    @Override
    public boolean next(DescriptorChain chain) {
        return false;
    }

    @Override
    public void complete(DescriptorChain chain, long writtenBytes) {
        throw new IllegalStateException("queue %d is not ready".formatted(index));
    }
}
