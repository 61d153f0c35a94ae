package testudo.plugin.virtio.rng;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.EntropySource;
import testudo.spi.memory.BufferList;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;
import testudo.spi.virtio.Virtqueue;

/// The entropy device (VIRTIO 1.3, 5.4 "Entropy Device"): fills what the driver offers with randomness of the host.
final class VirtioRng implements VirtioDevice, Snapshottable {
    /// The most one request gets; a driver asks again for more.
    static final int MAX_REQUEST_BYTES = 64 * 1024;
    private static final int SCRATCH_BYTES = 4096;
    private static final int STATE_VERSION = 1;
    static final VirtioType TYPE = new VirtioType("rng", 4, 0x0880, 1);
    private static final int QUEUE_SIZE = 256;
    private static final VirtioTraits TRAITS = new VirtioTraits(
            TYPE.typeId(), TYPE.name(), VirtioFeature.IN_ORDER, List.of(QUEUE_SIZE), 0, TYPE.pciClass(), 1, false);

    private final EntropySource entropy;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment scratch = arena.allocate(SCRATCH_BYTES);
    private final DescriptorChain chain = new DescriptorChain();
    private final EventLoop.Turn turn;
    private @Nullable Virtqueue queue;

    VirtioRng(EntropySource entropy, EventLoop loop) {
        this.entropy = entropy;
        turn = loop.turn(this::serve);
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
        if (queue != null && queue.enabled()) {
            serve(queue);
        }
    }

    private void serve(Virtqueue from) {
        for (int served = 0; served < from.size(); served++) {
            if (!from.next(chain)) {
                return;
            }
            BufferList to = chain.writable();
            long want = Math.min(to.sizeBytes(), MAX_REQUEST_BYTES);
            for (long left = want; left > 0;) {
                long step = Math.min(left, SCRATCH_BYTES);
                entropy.fill(scratch, 0, step);
                to.write(scratch, 0, step);
                left -= step;
            }
            from.complete(chain, want);
        }
        // A queue full at a time: the core publishes what is done, and others on this loop get their turn.
        turn.again();
    }

    @Override
    public void quiesce() {
        // No request outlives the call that serves it, but one more turn may be on its way.
        queue = null;
    }

    @Override
    public void reset() {
        queue = null;
    }

    /// Nothing but the version: no request outlives quiescing, and entropy has no state.
    @Override
    public byte[] saveState() {
        return new StateWriter(STATE_VERSION).toBytes();
    }

    @Override
    public void restoreState(byte[] state) {
        new StateReader("rng", state, STATE_VERSION).end();
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
