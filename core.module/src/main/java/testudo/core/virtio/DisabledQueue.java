package testudo.core.virtio;

import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// A queue that the driver does not use: always empty.
/// @param index its index
/// @param size its largest size
public record DisabledQueue(int index, int size) implements Virtqueue {
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
        throw new IllegalStateException("queue %d is not enabled".formatted(index));
    }
}
