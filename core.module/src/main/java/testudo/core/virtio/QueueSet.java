package testudo.core.virtio;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import testudo.core.ring.RingPosition;
import testudo.core.ring.RingQueue;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// The queues of one device: their registers, kick events, and rings while the device is live. Queue `i` is served by loop `i % loops`.
///
/// Rings are made and dropped on the first loop; registers are guarded by the [VirtioHost].
final class QueueSet implements AutoCloseable {
    private static final long SETTLE_SECONDS = 10;

    private final String id;
    private final DeviceThreads threads;
    private final DeviceMemory memory;
    private final QueueRegisters[] registers;
    private final HostEvent[] kicks;
    private final @Nullable RingQueue[] rings;
    private final List<EventLoop.Watch> watches = new ArrayList<>();

    QueueSet(String id, VirtioTraits traits, DeviceThreads threads, HostPlatform host, DeviceMemory memory) {
        this.id = id;
        this.threads = threads;
        this.memory = memory;
        int count = traits.queueSizes().size();
        registers = new QueueRegisters[count];
        kicks = new HostEvent[count];
        rings = new RingQueue[count];
        for (int i = 0; i < count; i++) {
            registers[i] = new QueueRegisters(traits.queueSizes().get(i));
            kicks[i] = host.events().newEvent();
        }
    }

    int count() {
        return registers.length;
    }

    HostEvent kick(int queue) {
        return kicks[queue];
    }

    /// @return null when there is no such queue
    @Nullable
    QueueRegisters registers(int queue) {
        return queue >= 0 && queue < registers.length ? registers[queue] : null;
    }

    void resetRegisters() {
        for (QueueRegisters queue : registers) {
            queue.reset();
        }
    }

    /// Makes the rings of the enabled queues.
    /// @param positions where they go on; empty: at their start
    /// @return what the device serves
    /// @throws testudo.spi.virtio.QueueFault when a ring can't be where the driver says
    List<Virtqueue> open(long features, List<RingPosition> positions) {
        List<Virtqueue> served = new ArrayList<>();
        for (int i = 0; i < registers.length; i++) {
            served.add(open(i, features, positions));
        }
        return List.copyOf(served);
    }

    private Virtqueue open(int queue, long features, List<RingPosition> positions) {
        if (!registers[queue].enabled) {
            return disabled(queue);
        }
        RingQueue ring = positions.isEmpty()
                ? RingQueue.create(registers[queue].config(queue, features), memory)
                : RingQueue.create(registers[queue].config(queue, features), memory, positions.get(queue));
        rings[queue] = ring;
        return ring;
    }

    private Virtqueue disabled(int queue) {
        rings[queue] = null;
        return new DisabledQueue(queue, registers[queue].maxSize);
    }

    /// Passes enabled queues on to a device that is served elsewhere, and makes the rings of those that it serves itself.
    /// @param positions where these go on; empty: at their start
    /// @return queues, disabled where they are served elsewhere
    /// @throws testudo.spi.virtio.QueueFault when a ring can't be where the driver says
    List<Virtqueue> offload(OffloadedDevice device, long features, List<RingPosition> positions, VirtioInterrupts interrupts) {
        List<Virtqueue> served = new ArrayList<>();
        List<OffloadedDevice.Ring> passed = new ArrayList<>();
        for (int i = 0; i < registers.length; i++) {
            boolean elsewhere = device.offloads(i, features);
            served.add(elsewhere ? disabled(i) : open(i, features, positions));
            if (elsewhere && registers[i].enabled) {
                passed.add(new OffloadedDevice.Ring(registers[i].config(i, features), kicks[i]));
            }
        }
        device.offload(passed, interrupts);
        return List.copyOf(served);
    }

    /// Starts to listen for kicks. Each queue is kicked once: chains may have been made available before anyone listened.
    void serve(IntConsumer onKick) {
        for (int i = 0; i < rings.length; i++) {
            if (rings[i] != null) {
                int queue = i;
                EventLoop loop = threads.loop(queue % threads.count());
                watches.add(loop.watch(kicks[queue], Poller.READABLE, ready -> {
                    kicks[queue].consume();
                    onKick.accept(queue);
                }));
                kicks[queue].signal();
            }
        }
    }

    /// Publishes what a loop's queues have completed, and tells the driver.
    void publish(int loop, VirtioInterrupts interrupts) {
        for (int i = loop; i < rings.length; i += threads.count()) {
            RingQueue ring = rings[i];
            if (ring != null && ring.publish()) {
                interrupts.queue(i);
            }
        }
    }

    /// Stops to listen. No handler for a kick is under way on return, on any loop.
    void stopServing() {
        watches.forEach(EventLoop.Watch::cancel);
        watches.clear();
        settle();
    }

    /// Waits until every further loop has done what it was asked to do before.
    void settle() {
        CountDownLatch busy = new CountDownLatch(threads.count() - 1);
        for (int i = 1; i < threads.count(); i++) {
            threads.loop(i).execute(busy::countDown);
        }
        try {
            if (!busy.await(SETTLE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("%s: a loop is stuck in a handler".formatted(id));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("%s: interrupted while its loops end".formatted(id), e);
        }
    }

    /// Where the queues have come to; of one that is not in use, its start.
    List<RingPosition> positions() {
        List<RingPosition> positions = new ArrayList<>();
        for (RingQueue ring : rings) {
            positions.add(ring == null ? RingPosition.SPLIT_START : ring.position());
        }
        return List.copyOf(positions);
    }

    /// Forgets rings and kicks.
    void drop() {
        for (int i = 0; i < rings.length; i++) {
            rings[i] = null;
            kicks[i].consume();
        }
    }

    /// @param positions of the rings, or nothing when the device is not live
    void save(StateWriter state, List<RingPosition> positions) {
        state.putInt(registers.length);
        for (QueueRegisters queue : registers) {
            state.putInt(queue.size).putLong(queue.descriptors).putLong(queue.driver).putLong(queue.device);
            state.putInt(queue.enabled ? 1 : 0);
        }
        state.putInt(positions.size());
        positions.forEach(position -> state.putInt(position.available()).putInt(position.used()));
    }

    /// @param broken whether the device serves nothing, wherever its rings are
    /// @return the positions
    /// @throws VmmException.Config when the state is damaged or another device's
    List<RingPosition> restore(StateReader state, boolean broken) {
        int count = state.getInt();
        if (count != registers.length) {
            throw new VmmException.Config("%s: saved state has %d queues, the device %d".formatted(id, count, registers.length));
        }
        for (QueueRegisters queue : registers) {
            queue.size = state.getInt("queue size", queue.maxSize);
            queue.descriptors = state.getLong();
            queue.driver = state.getLong();
            queue.device = state.getLong();
            queue.enabled = state.getInt("queue enable", 1) == 1;
        }
        int live = state.getInt("ring count", count);
        if (live != 0 && live != count && !broken) {
            throw new VmmException.Config("%s: saved state has %d ring positions for %d queues".formatted(id, live, count));
        }
        List<RingPosition> positions = new ArrayList<>();
        for (int i = 0; i < live; i++) {
            positions.add(new RingPosition(state.getInt("ring position", 0xFFFF), state.getInt("ring position", 0xFFFF)));
        }
        return positions;
    }

    @Override
    public void close() {
        for (HostEvent kick : kicks) {
            kick.close();
        }
    }
}
