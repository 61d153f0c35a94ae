package testudo.core.vhost;

import org.jspecify.annotations.Nullable;
import testudo.core.ring.QueueConfig;
import testudo.core.ring.RingQueue;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;

/// What a front-end has said about one ring. Changed on the device's first loop; `call` and `ring` are read by the ring's loop.
final class Vring {
    final int index;
    private final int maxSize;
    int size;
    /// Where it stands: as [RingQueue#position()].
    int position;
    boolean addressed;
    long descriptors;
    long driver;
    long device;
    boolean enabled;
    @Nullable HostEvent kick;
    @Nullable HostEvent error;
    volatile @Nullable HostEvent call;
    volatile @Nullable RingQueue ring;
    EventLoop.@Nullable Watch watch;

    Vring(int index, int maxSize) {
        this.index = index;
        this.maxSize = maxSize;
        size = maxSize;
    }

    int maxSize() {
        return maxSize;
    }

    /// Whether it can be served: started, which it is by its kick, enabled and complete ("Ring states").
    boolean ready() {
        return kick != null && enabled && addressed;
    }

    QueueConfig config(PeerMemory memory, long features) {
        return new QueueConfig(
                index,
                size,
                memory.guestAddress(descriptors),
                memory.guestAddress(driver),
                memory.guestAddress(device),
                features);
    }

    /// Stops it, keeping where it stands.
    void stop() {
        kick = close(kick);
        call = close(call);
    }

    /// Forgets everything.
    void reset() {
        stop();
        error = close(error);
        size = maxSize;
        position = 0;
        addressed = false;
        enabled = false;
    }

    private static @Nullable HostEvent close(@Nullable HostEvent event) {
        if (event != null) {
            event.close();
        }
        return null;
    }
}
