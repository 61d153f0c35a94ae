package testudo.plugin.virtio.block;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import testudo.spi.memory.BufferList;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// A virtqueue whose driver is a test: chains of byte arrays, in any number of pieces.
final class TestQueue implements Virtqueue {
    /// A chain of the driver and what became of it.
    static final class Chain {
        final byte[] out;
        final byte[] in;
        private final int[] cuts;
        long written = -1;

        Chain(byte[] out, byte[] in, int... cuts) {
            this.out = out;
            this.in = in;
            this.cuts = cuts;
        }

        int status() {
            return in[in.length - 1];
        }

        private void fill(DescriptorChain chain, int head) {
            chain.clear();
            cut(chain.readable(), out);
            cut(chain.writable(), in);
            chain.fill(head, 1);
        }

        private void cut(BufferList to, byte[] bytes) {
            int from = 0;
            for (int cut : cuts) {
                int length = Math.min(cut, bytes.length - from);
                to.add(MemorySegment.ofArray(bytes), from, length, 0);
                from += length;
            }
            to.add(MemorySegment.ofArray(bytes), from, bytes.length - from, 0);
        }
    }

    private final int size;
    private final Deque<Chain> available = new ArrayDeque<>();
    private final List<Chain> taken = new ArrayList<>();

    TestQueue(int size) {
        this.size = size;
    }

    Chain offer(Chain chain) {
        available.add(chain);
        return chain;
    }

    int waiting() {
        return available.size();
    }

    @Override
    public int index() {
        return 0;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean enabled() {
        return size > 0;
    }

    @Override
    public boolean next(DescriptorChain chain) {
        Chain next = available.poll();
        if (next == null) {
            return false;
        }
        next.fill(chain, taken.size());
        taken.add(next);
        return true;
    }

    @Override
    public void complete(DescriptorChain chain, long writtenBytes) {
        Chain done = taken.get(chain.head());
        if (done.written >= 0) {
            throw new AssertionError("completed twice");
        }
        done.written = writtenBytes;
        chain.clear();
    }
}
