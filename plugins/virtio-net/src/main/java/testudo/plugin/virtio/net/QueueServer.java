package testudo.plugin.virtio.net;

import org.jspecify.annotations.Nullable;
import testudo.spi.device.EventLoop;
import testudo.spi.virtio.Virtqueue;

/// Serves one queue on its loop, a queue full at a time: others on the loop get their turn.
abstract class QueueServer {
    private final Runnable again = this::serve;
    private volatile @Nullable Virtqueue queue;
    private volatile @Nullable EventLoop loop;

    /// Starts to serve. On the device's loop; [#serve] then comes on the queue's.
    final void activate(Virtqueue from, EventLoop owner) {
        loop = owner;
        queue = from;
    }

    /// Takes nothing any more.
    void stop() {
        queue = null;
    }

    /// The loop it was activated with.
    final EventLoop loop() {
        EventLoop owner = loop;
        if (owner == null) {
            throw new IllegalStateException("the queue was not activated");
        }
        return owner;
    }

    final void serve() {
        Virtqueue from = queue;
        EventLoop owner = loop;
        if (from == null || owner == null || !from.enabled()) {
            return;
        }
        for (int served = 0; served < from.size(); served++) {
            if (!step(from)) {
                return;
            }
        }
        owner.execute(again);
    }

    /// Does one piece of work.
    /// @return false when there is nothing to do until something happens that [#serve] is called for
    abstract boolean step(Virtqueue from);
}
