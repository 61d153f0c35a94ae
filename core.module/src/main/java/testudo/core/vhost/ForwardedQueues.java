package testudo.core.vhost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import testudo.core.virtio.OffloadedDevice.Ring;
import testudo.core.virtio.VirtioInterrupts;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;

/// The queues of a device that are served elsewhere, and how whoever serves them interrupts the driver: by the transport's own event where
/// it has one, otherwise by an event that is watched here. On the device's first loop.
final class ForwardedQueues {
    private final HostPlatform host;
    private final EventLoop loop;
    private final List<ForwardedQueue> queues = new ArrayList<>();
    private final List<EventLoop.Watch> watches = new ArrayList<>();
    private @Nullable VirtioInterrupts transport;

    ForwardedQueues(HostPlatform host, EventLoop loop) {
        this.host = host;
        this.loop = loop;
    }

    /// A queue that is served elsewhere.
    static final class ForwardedQueue {
        private final Ring ring;
        private final HostEvent call;
        private boolean direct;

        ForwardedQueue(Ring ring, HostEvent call) {
            this.ring = ring;
            this.call = call;
        }

        int index() {
            return ring.config().index();
        }

        Ring ring() {
            return ring;
        }
    }

    /// Takes queues in the place of those that it had.
    void take(List<Ring> rings, VirtioInterrupts interrupts) {
        drop();
        transport = interrupts;
        for (Ring ring : rings) {
            ForwardedQueue queue = new ForwardedQueue(ring, host.events().newEvent());
            queues.add(queue);
            watches.add(loop.watch(queue.call, Poller.READABLE, ready -> {
                queue.call.consume();
                interrupts.queue(queue.index());
            }));
        }
    }

    /// In the order in which they were taken.
    List<ForwardedQueue> all() {
        return queues;
    }

    /// The event that whoever serves a queue has to signal from now on.
    HostEvent call(ForwardedQueue queue) {
        Optional<HostEvent> event = transport == null ? Optional.empty() : transport.event(queue.index());
        queue.direct = event.isPresent();
        return event.orElse(queue.call);
    }

    /// The transport has changed its events.
    /// @param tell called for each queue that needs another; asks for it with [#call]
    void interruptsChanged(Consumer<ForwardedQueue> tell) {
        VirtioInterrupts interrupts = transport;
        if (interrupts == null) {
            return;
        }
        for (ForwardedQueue queue : queues) {
            // A vector that was moved may be another event, so whatever is direct is said again.
            if (queue.direct || interrupts.event(queue.index()).isPresent()) {
                tell.accept(queue);
            }
        }
    }

    /// Forgets all. Nobody may signal their events any more, or it does not matter.
    void drop() {
        transport = null;
        watches.forEach(EventLoop.Watch::cancel);
        watches.clear();
        queues.forEach(queue -> queue.call.close());
        queues.clear();
    }
}
