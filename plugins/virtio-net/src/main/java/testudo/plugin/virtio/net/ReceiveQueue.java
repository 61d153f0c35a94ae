package testudo.plugin.virtio.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.device.EventLoop;
import testudo.spi.host.Poller;
import testudo.spi.memory.BufferList;
import testudo.spi.net.NetworkQueue;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.Virtqueue;

/// Moves frames of the link into the guest's buffers (VIRTIO 1.3, 5.1.6.3 "Setting Up Receive Buffers", 5.1.6.4 "Processing of Incoming
/// Packets"). Served by one thread.
///
/// A frame that was taken from the link and found too few buffers waits here; the link is not watched meanwhile, nor any more when it is broken.
final class ReceiveQueue extends QueueServer {
    private static final Logger LOG = LoggerFactory.getLogger(ReceiveQueue.class);

    /// The most buffers that one frame is spread over: what a 64 KiB frame takes with buffers of 512 bytes.
    static final int MOST_BUFFERS = 130;
    private static final int BUFFERS_OFFSET = 10;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final NetworkQueue from;
    private final MemorySegment scratch;
    private final DescriptorChain[] chains = new DescriptorChain[MOST_BUFFERS];
    private volatile EventLoop.@Nullable Watch watch;
    private volatile boolean looking;
    private volatile boolean broken;
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
        broken = false;
        forget();
        activate(to, owner);
    }

    /// Listens to the link, or stops to. On the device's loop.
    void listen(boolean on) {
        EventLoop.Watch old = watch;
        if (on && old == null) {
            looking = true;
            watch = loop().watch(from.readiness(), Poller.READABLE, ready -> serve());
        } else if (!on && old != null) {
            watch = null;
            old.cancel();
        }
    }

    @Override
    void stop() {
        super.stop();
        listen(false);
    }

    @Override
    boolean step(Virtqueue to) {
        EventLoop.Watch source = watch;
        if (source == null || broken) {
            return false;
        }
        if (waitingBytes == 0) {
            int received = from.receive(scratch);
            if (received <= 0) {
                empty(source, received);
                return false;
            }
            waitingBytes = received;
        }
        boolean delivered = deliver(to);
        look(source, delivered); // without buffers not until the driver offers some
        return delivered;
    }

    private void empty(EventLoop.Watch source, int received) {
        if (received == 0) {
            look(source, true);
        } else if (source.equals(watch)) { // otherwise the queue was taken out of use meanwhile
            LOG.warn("net: the host's side is broken (error {}); nothing is received until the driver resets the device", -received);
            broken = true;
            source.cancel();
        }
    }

    /// Changes what is waited for, which is a system call, only when it has to.
    private void look(EventLoop.Watch source, boolean on) {
        if (looking != on) {
            looking = on;
            source.interest(on ? Poller.READABLE : 0);
        }
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
