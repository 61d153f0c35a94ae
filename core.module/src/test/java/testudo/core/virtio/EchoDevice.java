package testudo.core.virtio;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// Copies what it reads to where it may write; counts its callbacks; checks that they come in order.
final class EchoDevice implements VirtioDevice {
    static final long FEATURE = 1;

    final AtomicInteger activations = new AtomicInteger();
    final AtomicInteger resets = new AtomicInteger();
    final AtomicInteger outOfOrder = new AtomicInteger();
    volatile RuntimeException failNext;
    volatile RuntimeException failActivation;
    volatile boolean closed;

    private final int queues;
    private final int loops;
    private final MemorySegment[] scratch;
    private final DescriptorChain[] chains;
    private final AtomicInteger busy = new AtomicInteger();
    private long register = 0x1122_3344_5566_7788L;
    private volatile VirtioActivation activation;

    EchoDevice(int queues, int loops) {
        this.queues = queues;
        this.loops = loops;
        scratch = new MemorySegment[queues];
        chains = new DescriptorChain[queues];
        for (int i = 0; i < queues; i++) {
            scratch[i] = Arena.ofAuto().allocate(4096);
            chains[i] = new DescriptorChain();
        }
    }

    @Override
    public VirtioTraits traits() {
        return new VirtioTraits(
                42, "echo", FEATURE, java.util.Collections.nCopies(queues, 16), 8, 0xFF00, loops, true);
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        return register >>> (8 * offset) & (-1L >>> (64 - 8 * sizeBytes));
    }

    @Override
    public void writeConfig(int offset, int sizeBytes, long value) {
        if (offset == 0 && sizeBytes == 8) {
            register = value;
            activation.raiseConfig();
        }
    }

    @Override
    public void activate(VirtioActivation newActivation) {
        if (failActivation != null) {
            throw failActivation;
        }
        if (activation != null) {
            outOfOrder.incrementAndGet();
        }
        activations.incrementAndGet();
        activation = newActivation;
    }

    @Override
    public void onKick(int index) {
        busy.incrementAndGet();
        VirtioActivation current = activation;
        if (current == null) {
            outOfOrder.incrementAndGet();
            busy.decrementAndGet();
            return;
        }
        if (failNext != null) {
            busy.decrementAndGet();
            throw failNext;
        }
        try {
            Virtqueue queue = current.queue(index);
            DescriptorChain chain = chains[index];
            while (queue.next(chain)) {
                long bytes = chain.readable().read(scratch[index], 0, 4096);
                queue.complete(chain, chain.writable().write(scratch[index], 0, bytes));
            }
        } finally {
            busy.decrementAndGet();
        }
    }

    @Override
    public void quiesce() {
        if (activation == null) {
            outOfOrder.incrementAndGet();
        }
    }

    @Override
    public void reset() {
        if (busy.get() != 0 || activation == null) {
            outOfOrder.incrementAndGet();
        }
        activation = null;
        resets.incrementAndGet();
    }

    @Override
    public void close() {
        closed = true;
    }

}
