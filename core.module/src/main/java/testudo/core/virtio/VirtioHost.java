package testudo.core.virtio;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.ring.RingQueue;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Poller;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// One virtio device's life, the same on every transport: features, status, queues, activation, reset (VIRTIO 1.3, 2 and 3.1).
///
/// Register accesses come from vCPU threads and are serialised here. The device itself is called only on its loops; a vCPU waits for it
/// with a time limit. Queue registers are frozen while the device is live.
public final class VirtioHost implements AutoCloseable, DeviceThreads.Hook {
    private static final Logger LOG = LoggerFactory.getLogger(VirtioHost.class);
    private static final long WAIT_SECONDS = 10;
    private static final long FAULT_LOG_SECONDS = 10;
    private static final long RING_FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;

    private final String id;
    private final VirtioDevice device;
    private final VirtioTraits traits;
    private final DeviceThreads threads;
    private final DeviceMemory memory;
    private final MachineServices machine;
    private final HostEvent[] kicks;
    private final QueueRegisters[] queues;
    private final @Nullable RingQueue[] rings;
    private final List<EventLoop.Watch> watches = new ArrayList<>();
    private VirtioInterrupts interrupts = new Silent();
    private volatile int status;
    private volatile int generation;
    private volatile boolean broken;
    private long driverFeatures;
    private boolean active;
    /// Whether the device was told; only the first loop asks.
    private boolean activated;
    private final AtomicBoolean crashed = new AtomicBoolean();
    private long lastFaultNanos;
    private int silentFaults;

    /// Takes charge of a device that was made on the first of its loops.
    /// @param id its name
    /// @param device the device
    /// @param threads its loops; closed with this
    /// @param host makes the kick events
    /// @param memory the device's view of guest memory
    /// @param machine told when the device fails
    public VirtioHost(
            String id, VirtioDevice device, DeviceThreads threads, HostPlatform host, DeviceMemory memory, MachineServices machine) {
        this.id = id;
        this.device = device;
        this.traits = device.traits();
        this.threads = threads;
        this.memory = memory;
        this.machine = machine;
        int count = traits.queueSizes().size();
        kicks = new HostEvent[count];
        queues = new QueueRegisters[count];
        rings = new RingQueue[count];
        for (int i = 0; i < count; i++) {
            kicks[i] = host.events().newEvent();
            queues[i] = new QueueRegisters(traits.queueSizes().get(i));
        }
        threads.attach(this, traits.loops());
    }

    /// Connects the transport's interrupts. Before the guest runs.
    /// @param transport tells the driver
    public void connect(VirtioInterrupts transport) {
        interrupts = transport;
    }

    /// The device's facts.
    /// @return constant
    public VirtioTraits traits() {
        return traits;
    }

    /// The device's name.
    /// @return for logs
    public String id() {
        return id;
    }

    /// The event that a queue is kicked with; the transport may bind it to guest writes.
    /// @param queue 0 to the number of queues - 1
    /// @return the event, owned by this
    public HostEvent kick(int queue) {
        return kicks[queue];
    }

    /// The features that are offered.
    /// @return a mask
    public long offeredFeatures() {
        if (device instanceof OffloadedDevice offloaded) {
            return traits.features() | offloaded.ringFeatures();
        }
        return traits.features() | RING_FEATURES | (traits.packedRing() ? VirtioFeature.RING_PACKED : 0);
    }

    /// The features that the driver has written.
    /// @return a mask
    public synchronized long driverFeatures() {
        return driverFeatures;
    }

    /// The driver writes half of its features; ignored once they are fixed.
    /// @param select 0 for the low half, 1 for the high half
    /// @param value the half
    public synchronized void driverFeatures(int select, int value) {
        if ((status & (VirtioStatus.FEATURES_OK | VirtioStatus.DRIVER_OK)) != 0 || (select & ~1) != 0) {
            return;
        }
        int shift = 32 * select;
        driverFeatures = (driverFeatures & ~(0xFFFF_FFFFL << shift)) | Integer.toUnsignedLong(value) << shift;
    }

    /// The device status field.
    /// @return its bits
    public int status() {
        return status;
    }

    /// Counts changes of configuration space, so that a driver can tell a torn read (VIRTIO 1.3, 2.5.1).
    /// @return 8 bits
    public int generation() {
        return generation & 0xFF;
    }

    /// The driver writes the device status field. Writing 0 resets and returns when that is done, or after a time limit.
    /// @param value 8 bits
    public void status(int value) {
        if (value == 0) {
            reset();
            return;
        }
        synchronized (this) {
            int now = status;
            int added = value & ~now & VirtioStatus.SETTABLE;
            if ((added & VirtioStatus.FEATURES_OK) != 0 && !featuresFit()) {
                added &= ~VirtioStatus.FEATURES_OK;
            }
            boolean ready = ((now | added) & VirtioStatus.READY) == VirtioStatus.READY && !broken;
            if ((added & VirtioStatus.DRIVER_OK) != 0 && !ready) {
                added &= ~VirtioStatus.DRIVER_OK;
            }
            status = now | added; // bits are only ever added; 0 is the way back
            if ((added & VirtioStatus.DRIVER_OK) != 0 && !active) {
                active = true;
                long features = driverFeatures;
                threads.loop(0).execute(() -> activate(features));
            }
        }
    }

    private boolean featuresFit() {
        return (driverFeatures & ~offeredFeatures()) == 0 && (driverFeatures & VirtioFeature.VERSION_1) != 0;
    }

    /// The registers of a queue.
    /// @param queue any value
    /// @return the registers, or null when there is no such queue
    @Nullable
    QueueRegisters queue(int queue) {
        return queue >= 0 && queue < queues.length ? queues[queue] : null;
    }

    /// Whether the driver may still change queue registers.
    /// @return false while the device is live
    public boolean queuesAreOpen() {
        return (status & VirtioStatus.DRIVER_OK) == 0;
    }

    /// The driver reads device configuration.
    /// @param offset 0 or more
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value; all ones outside
    public long readConfig(long offset, int sizeBytes) {
        if (offset > traits.configSizeBytes() - sizeBytes) {
            return -1;
        }
        return ask(() -> device.readConfig((int) offset, sizeBytes), "read its configuration");
    }

    /// The driver writes device configuration; ignored outside.
    /// @param offset 0 or more
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value
    public void writeConfig(long offset, int sizeBytes, long value) {
        if (offset > traits.configSizeBytes() - sizeBytes) {
            return;
        }
        ask(
                () -> {
                    device.writeConfig((int) offset, sizeBytes, value);
                    return 0;
                },
                "write its configuration");
    }

    /// Does something on the device's first loop and waits for it, with a time limit.
    private long ask(LongSupplier question, String what) {
        EventLoop loop = threads.loop(0);
        if (loop.isCurrent()) {
            return question.getAsLong();
        }
        CompletableFuture<Long> answer = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                answer.complete(question.getAsLong());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return answer.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        } catch (TimeoutException e) {
            LOG.error("{}: did not {} within {} s", id, what, WAIT_SECONDS);
            return -1;
        } catch (ExecutionException e) {
            failed(0, e.getCause() == null ? e : e.getCause());
            return -1;
        }
    }

    private void reset() {
        ask(
                () -> {
                    stop();
                    synchronized (this) {
                        driverFeatures = 0;
                        broken = false;
                        for (QueueRegisters queue : queues) {
                            queue.reset();
                        }
                        status = 0;
                    }
                    return 0;
                },
                "reset");
    }

    /// Takes the queues away from the device. On the first loop.
    private void stop() {
        synchronized (this) {
            active = false;
        }
        watches.forEach(EventLoop.Watch::cancel);
        watches.clear();
        settleFurtherLoops();
        if (activated) {
            activated = false;
            device.quiesce();
            device.reset();
        }
        for (int i = 0; i < rings.length; i++) {
            rings[i] = null;
            kicks[i].consume();
        }
    }

    /// Waits until no handler of the further loops is under way. Their watches are cancelled, so that none follows.
    private void settleFurtherLoops() {
        CountDownLatch busy = new CountDownLatch(threads.count() - 1);
        for (int i = 1; i < threads.count(); i++) {
            threads.loop(i).execute(busy::countDown);
        }
        try {
            if (!busy.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("%s: a loop is stuck in a handler".formatted(id));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("%s: interrupted while its loops end".formatted(id), e);
        }
    }

    private void activate(long features) {
        synchronized (this) {
            if (!active) {
                return; // reset before it came to this
            }
        }
        List<Virtqueue> served = new ArrayList<>();
        try {
            if (device instanceof OffloadedDevice offloaded) {
                offload(offloaded, features);
                return;
            }
            for (int i = 0; i < queues.length; i++) {
                RingQueue ring = queues[i].enabled ? RingQueue.create(queues[i].config(i, features), memory) : null;
                rings[i] = ring;
                served.add(ring == null ? new DisabledQueue(i, queues[i].maxSize) : ring);
            }
            activated = true;
            device.activate(new Activation(features, List.copyOf(served)));
        } catch (QueueFault | VmmException failure) {
            needsReset(failure);
            return;
        }
        for (int i = 0; i < queues.length; i++) {
            if (rings[i] != null) {
                serve(i);
            }
        }
    }

    /// Somebody else serves the queues: passes the rings on instead of looking into them.
    private void offload(OffloadedDevice offloaded, long features) {
        List<Virtqueue> idle = new ArrayList<>();
        List<OffloadedDevice.Ring> passed = new ArrayList<>();
        for (int i = 0; i < queues.length; i++) {
            idle.add(new DisabledQueue(i, queues[i].maxSize));
            if (queues[i].enabled) {
                passed.add(new OffloadedDevice.Ring(queues[i].config(i, features), kicks[i]));
            }
        }
        offloaded.offload(passed, interrupts);
        activated = true;
        device.activate(new Activation(features, List.copyOf(idle)));
    }

    /// The transport has masked, unmasked or moved interrupts. Returns when nobody raises the old ones any more.
    void interruptsChanged() {
        if (device instanceof OffloadedDevice offloaded && active()) {
            ask(
                    () -> {
                        offloaded.interruptsChanged();
                        return 0;
                    },
                    "move its interrupts");
        }
    }

    private synchronized boolean active() {
        return active;
    }

    private void serve(int queue) {
        EventLoop loop = threads.loop(queue % threads.count());
        EventLoop.Watch watch = loop.watch(kicks[queue], Poller.READABLE, ready -> {
            kicks[queue].consume();
            if (!broken) {
                device.onKick(queue);
            }
        });
        watches.add(watch);
        kicks[queue].signal(); // chains may have been made available before the driver said it was ready
    }

    @Override
    public void after(int loop) {
        if (broken) {
            return;
        }
        for (int i = loop; i < rings.length; i += threads.count()) {
            RingQueue ring = rings[i];
            if (ring != null && ring.publish()) {
                interrupts.queue(i);
            }
        }
    }

    @Override
    public void failed(int loop, Throwable failure) {
        if (failure instanceof QueueFault fault) {
            needsReset(fault);
            return;
        }
        broken = true;
        if (crashed.compareAndSet(false, true)) { // a level-triggered source may fail again and again until the machine has stopped
            LOG.error("{}: stopped by an internal error", id, failure);
            machine.event(MachineEvent.CRASH, 0);
        }
    }

    private void needsReset(RuntimeException fault) {
        synchronized (this) {
            if (broken) {
                return;
            }
            broken = true;
            status |= VirtioStatus.NEEDS_RESET;
        }
        report(fault);
        interrupts.config();
    }

    /// Logs a fault, at most one in ten seconds: a driver may go on breaking and resetting the device.
    private synchronized void report(RuntimeException fault) {
        long now = System.nanoTime();
        if (lastFaultNanos != 0 && now - lastFaultNanos < TimeUnit.SECONDS.toNanos(FAULT_LOG_SECONDS)) {
            silentFaults++;
            return;
        }
        lastFaultNanos = now;
        LOG.warn(
                "{}: device stopped until its driver resets it: {} ({} more like this not logged)",
                id,
                fault.getMessage(),
                silentFaults);
        silentFaults = 0;
    }

    /// Stops the device and releases it with its loops.
    @Override
    public void close() {
        ask(
                () -> {
                    stop();
                    device.close();
                    return 0;
                },
                "stop");
        threads.close();
        for (HostEvent kick : kicks) {
            kick.close();
        }
    }

    /// The device, for looking up what else it can do.
    /// @return the device
    public VirtioDevice device() {
        return device;
    }

    /// The loop that owns the device.
    /// @return the first loop
    public EventLoop loop() {
        return threads.loop(0);
    }

    private final class Activation implements VirtioActivation {
        private final long features;
        private final List<Virtqueue> served;

        private Activation(long features, List<Virtqueue> served) {
            this.features = features;
            this.served = served;
        }

        @Override
        public long features() {
            return features;
        }

        @Override
        public Virtqueue queue(int index) {
            return served.get(index);
        }

        @Override
        public DeviceMemory memory() {
            return memory;
        }

        @Override
        public void raiseConfig() {
            synchronized (VirtioHost.this) {
                generation = generation + 1;
            }
            interrupts.config();
        }
    }

    /// Before a transport is connected nobody hears anything.
    private static final class Silent implements VirtioInterrupts {
        @Override
        public void queue(int queue) {}

        @Override
        public void config() {}
    }
}
