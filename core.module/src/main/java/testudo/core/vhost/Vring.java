package testudo.core.vhost;

import org.jspecify.annotations.Nullable;
import testudo.core.ring.QueueConfig;
import testudo.core.ring.RingPosition;
import testudo.core.ring.RingQueue;
import testudo.core.ring.SplitQueue;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.virtio.VirtioFeature;

/// What a front-end has said about one ring. Changed on the device's first loop; `call` and `ring` are read by the ring's loop.
final class Vring {
    final int index;
    private final int maxSize;
    int size;
    /// Where it stands, as SET_VRING_BASE says it: split, the next available index; packed, the position in both halves.
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

    /// Makes its queue, which goes on where it stands. How far a split ring was used is in the ring.
    /// @throws testudo.spi.virtio.QueueFault when there is no ring like that
    /// @param inflight where it notes what is under way; null when nobody is to know
    RingQueue open(PeerMemory memory, long features, @Nullable InflightMemory inflight) {
        QueueConfig config = config(memory, features);
        boolean packed = (features & VirtioFeature.RING_PACKED) != 0;
        RingPosition at = packed
                ? new RingPosition(position & 0xFFFF, position >>> 16)
                : new RingPosition(position & 0xFFFF, memory.usedIndex(config.device()));
        return packed || inflight == null
                ? RingQueue.create(config, memory, at)
                : new SplitQueue(config, memory, at, inflight.log(index, size));
    }

    /// Notes where its queue stands.
    void keep(RingPosition at, long features) {
        boolean packed = (features & VirtioFeature.RING_PACKED) != 0;
        position = packed ? at.available() | at.used() << 16 : at.available();
    }

    private QueueConfig config(PeerMemory memory, long features) {
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
