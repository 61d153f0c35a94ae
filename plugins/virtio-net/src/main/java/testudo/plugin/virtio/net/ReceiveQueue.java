package testudo.plugin.virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Poller;
import testudo.spi.memory.BufferList;
import testudo.spi.net.NetworkQueue;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Moves frames of the link into the guest's buffers (VIRTIO 1.3, 5.1.6.3 "Setting Up Receive Buffers", 5.1.6.4 "Processing of Incoming
/// Packets"). Served by one thread.
///
/// A frame that was taken from the link and found too few buffers waits here; the link is not watched meanwhile.
final class ReceiveQueue {
    /// The most buffers that one frame is spread over: what a 64 KiB frame takes with buffers of 512 bytes.
    static final int MOST_BUFFERS = 130;
    private static final int BUFFERS_OFFSET = 10;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final NetworkQueue from;
    private final MemorySegment scratch;
    private final DescriptorChain[] chains = new DescriptorChain[MOST_BUFFERS];
    private final Runnable again = this::serve;
    private volatile @Nullable Virtqueue queue;
    private @Nullable EventLoop loop;
    private EventLoop.@Nullable Watch watch;
    private boolean mergeable;
    private int waitingBytes;
    private int taken;
    private long takenBytes;

    ReceiveQueue(NetworkQueue from, MemorySegment scratch) {
        this.from = from;
        this.scratch = scratch;
        for (int i = 0; i < chains.length; i++) {
            chains[i] = new DescriptorChain();
        }
    }

    void activate(Virtqueue to, boolean mergeableBuffers, EventLoop owner) {
        mergeable = mergeableBuffers;
        waitingBytes = 0;
        forget();
        loop = owner;
        queue = to;
        watch = owner.watch(from.readiness(), Poller.READABLE, ready -> serve());
    }

    void stop() {
        queue = null;
        EventLoop.Watch old = watch;
        if (old != null) {
            old.cancel();
            watch = null;
        }
    }

    void serve() {
        Virtqueue to = queue;
        EventLoop owner = loop;
        EventLoop.Watch source = watch;
        if (to == null || owner == null || source == null || !to.enabled()) {
            return;
        }
        for (int served = 0; served < to.size(); served++) {
            if (waitingBytes == 0) {
                waitingBytes = from.receive(scratch);
                if (waitingBytes <= 0) {
                    waitingBytes = Math.max(waitingBytes, 0);
                    source.interest(Poller.READABLE);
                    return;
                }
            }
            if (!deliver(to)) {
                source.interest(0); // until the driver offers buffers
                return;
            }
        }
        source.interest(Poller.READABLE);
        owner.execute(again);
    }

    /// Gives the waiting frame to the guest.
    /// @return false when there are too few buffers now
    private boolean deliver(Virtqueue to) {
        int most = mergeable ? MOST_BUFFERS : 1;
        while (takenBytes < waitingBytes && taken < most) {
            if (!to.next(chains[taken])) {
                return false; // what was taken is kept for the next try
            }
            takenBytes += chains[taken].writable().sizeBytes();
            taken++;
        }
        if (takenBytes < waitingBytes) {
            giveBack(to); // buffers that a driver of this device does not offer: the frame is lost, as on a wire
        } else {
            scratch.set(SHORT, BUFFERS_OFFSET, (short) taken);
            fill(to);
        }
        waitingBytes = 0;
        forget();
        return true;
    }

    private void fill(Virtqueue to) {
        long done = 0;
        for (int i = 0; i < taken; i++) {
            BufferList room = chains[i].writable();
            long step = room.write(scratch, done, waitingBytes - done);
            done += step;
            to.complete(chains[i], step);
        }
    }

    private void giveBack(Virtqueue to) {
        for (int i = 0; i < taken; i++) {
            to.complete(chains[i], 0);
        }
    }

    private void forget() {
        taken = 0;
        takenBytes = 0;
        for (DescriptorChain chain : chains) {
            chain.clear();
        }
    }
}
