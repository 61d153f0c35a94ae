package testudo.core.vhost;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import testudo.core.ring.QueueConfig;
import testudo.core.vhost.ForwardedQueues.ForwardedQueue;
import testudo.core.virtio.OffloadedDevice;
import testudo.core.virtio.VirtioInterrupts;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.spi.host.VhostDevice;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.virtio.KernelServed;
import testudo.spi.virtio.KernelServed.KernelRing;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;

/// A device some of whose queues the host's kernel serves. Kicks and interrupts pass this process by, as those of another process do.
///
/// What a driver does wrong in such a ring the kernel tells by an event; the device is then stopped like any other whose driver broke a ring.
public final class KernelServedDevice implements OffloadedDevice {
    private static final long RING_FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;
    private static final int DESCRIPTOR_BYTES = 16;
    private static final int USED_ELEMENT_BYTES = 8;
    /// Flags and index before the elements, the event index behind them.
    private static final int RING_FRAME_BYTES = 6;

    private final KernelServed device;
    private final ForwardedQueues forwarded;
    private final HostEvent error;
    private final EventLoop.Watch errorWatch;
    /// Where each ring goes on, as the kernel said when it was stopped.
    private final int[] positions;
    private @Nullable GuestMemory memory;
    private long features;

    private KernelServedDevice(KernelServed device, HostPlatform host, EventLoop loop) {
        this.device = device;
        forwarded = new ForwardedQueues(host, loop);
        positions = new int[device.traits().queueSizes().size()];
        error = host.events().newEvent();
        errorWatch = loop.watch(error, Poller.READABLE, ready -> {
            error.consume();
            throw new QueueFault("the kernel found a ring broken");
        });
    }

    /// Gives a device that leaves queues to the kernel what it needs.
    /// @param device any
    /// @param host the platform
    /// @param loop the device's first loop
    /// @return the device itself when it serves all its queues; otherwise one that closes it with itself
    public static VirtioDevice wrap(VirtioDevice device, HostPlatform host, EventLoop loop) {
        return device instanceof KernelServed served ? new KernelServedDevice(served, host, loop) : device;
    }

    @Override
    public VirtioTraits traits() {
        return device.traits();
    }

    @Override
    public long ringFeatures() {
        long common = RING_FEATURES;
        for (int queue = 0; queue < positions.length; queue++) {
            Optional<KernelRing> ring = device.kernelRing(queue, device.traits().features());
            common &= ring.isPresent() ? ring.get().backend().features() : common;
        }
        return common;
    }

    @Override
    public void share(GuestMemory guest, Optional<MemoryHandles> handles) {
        memory = guest;
    }

    @Override
    public boolean offloads(int queue, long negotiated) {
        return device.kernelRing(queue, negotiated).isPresent();
    }

    @Override
    public void offload(List<Ring> queues, VirtioInterrupts interrupts) {
        forwarded.take(queues, interrupts);
    }

    @Override
    public void activate(VirtioActivation activation) {
        features = activation.features();
        GuestMemory guest = memory;
        if (guest == null) {
            throw new IllegalStateException("activated without memory");
        }
        Set<VhostDevice> told = Collections.newSetFromMap(new IdentityHashMap<>());
        for (ForwardedQueue queue : forwarded.all()) {
            KernelRing ring = ring(queue);
            if (told.add(ring.backend())) {
                ring.backend().features(features);
                ring.backend().memory(guest.regions());
            }
            ring.backend().ring(ring.ring(), place(guest, queue.ring().config()));
            ring.backend().error(ring.ring(), error);
            ring.backend().call(ring.ring(), forwarded.call(queue));
            ring.backend().kick(ring.ring(), queue.ring().kick());
        }
        device.activate(activation);
        forwarded.all().forEach(queue -> queue.ring().kick().signal()); // chains may be waiting
    }

    private KernelRing ring(ForwardedQueue queue) {
        return device.kernelRing(queue.index(), features).orElseThrow();
    }

    private VhostDevice.RingPlace place(GuestMemory guest, QueueConfig config) {
        int size = config.size();
        return new VhostDevice.RingPlace(
                size,
                positions[config.index()],
                piece(guest, config.descriptors(), (long) DESCRIPTOR_BYTES * size, DESCRIPTOR_BYTES),
                piece(guest, config.driver(), RING_FRAME_BYTES + (long) Short.BYTES * size, Short.BYTES),
                piece(guest, config.device(), RING_FRAME_BYTES + (long) USED_ELEMENT_BYTES * size, Integer.BYTES));
    }

    private static MemorySegment piece(GuestMemory guest, long gpa, long sizeBytes, int alignment) {
        GuestRegion region = (gpa & (alignment - 1)) == 0 ? guest.find(gpa, sizeBytes) : null;
        if (region == null) {
            throw new QueueFault("a ring is not in guest memory, or not aligned");
        }
        return region.bytes().asSlice(gpa - region.gpa(), sizeBytes);
    }

    @Override
    public void interruptsChanged() {
        forwarded.interruptsChanged(queue -> {
            KernelRing ring = ring(queue);
            ring.backend().call(ring.ring(), forwarded.call(queue));
        });
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        return device.readConfig(offset, sizeBytes);
    }

    @Override
    public void writeConfig(int offset, int sizeBytes, long value) {
        device.writeConfig(offset, sizeBytes, value);
    }

    @Override
    public void onKick(int queue) {
        device.onKick(queue);
    }

    @Override
    public void quiesce() {
        device.quiesce();
        for (ForwardedQueue queue : forwarded.all()) {
            KernelRing ring = ring(queue);
            positions[queue.index()] = ring.backend().position(ring.ring());
        }
    }

    @Override
    public void reset() {
        device.reset();
        forwarded.drop();
        Arrays.fill(positions, 0);
    }

    @Override
    public void close() {
        device.close();
        errorWatch.cancel();
        forwarded.drop();
        error.close();
    }
}
