package testudo.core.vhost;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// Copies what it reads to where it may write. Counts what happens to it.
final class LoopbackDevice implements VirtioDevice {
    static final int QUEUES = 2;
    static final int QUEUE_SIZE = 64;
    static final long FEATURE = 1 << 5;

    final AtomicInteger resets = new AtomicInteger();
    final AtomicInteger activations = new AtomicInteger();
    private final MemorySegment scratch = Arena.ofAuto().allocate(4096);
    private final DescriptorChain chain = new DescriptorChain();
    private @Nullable VirtioActivation activation;
    private long register = 0x1122_3344_5566_7788L;

    @Override
    public VirtioTraits traits() {
        return new VirtioTraits(42, "loopback", FEATURE, List.of(QUEUE_SIZE, QUEUE_SIZE), 8, 0xFF00, 1, true);
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        return register >>> 8 * offset & -1L >>> 64 - 8 * sizeBytes;
    }

    @Override
    public void writeConfig(int offset, int sizeBytes, long value) {
        long mask = -1L >>> 64 - 8 * sizeBytes << 8 * offset;
        register = register & ~mask | value << 8 * offset & mask;
        if (activation != null) {
            activation.raiseConfig();
        }
    }

    @Override
    public void activate(VirtioActivation with) {
        activations.incrementAndGet();
        activation = with;
    }

    @Override
    public void onKick(int index) {
        if (activation == null) {
            throw new IllegalStateException("kicked while it is not active");
        }
        Virtqueue queue = activation.queue(index);
        while (queue.next(chain)) {
            long bytes = chain.readable().read(scratch, 0, 4096);
            queue.complete(chain, chain.writable().write(scratch, 0, bytes));
        }
    }

    @Override
    public void quiesce() {
        activation = null;
    }

    @Override
    public void reset() {
        resets.incrementAndGet();
    }

    @Override
    public void close() {
        activation = null;
    }
}
