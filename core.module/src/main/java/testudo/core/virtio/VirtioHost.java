package testudo.core.virtio;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.ring.RingPosition;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
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
    private static final int STATE_VERSION = 1;
    private static final long RING_FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;

    private final String id;
    private final VirtioDevice device;
    private final VirtioTraits traits;
    private final DeviceThreads threads;
    private final DeviceMemory memory;
    private final MachineServices machine;
    private final DeviceCalls calls;
    private final QueueSet queues;
    private final FaultLog faults;
    private VirtioInterrupts interrupts = VirtioInterrupts.NONE;
    private final DriverState driver;
    /// Whether the device was told; only the first loop asks.
    private boolean activated;
    /// Where the rings go on when the device is resumed; only the first loop asks.
    private List<RingPosition> paused = List.of();
    private final AtomicBoolean crashed = new AtomicBoolean();

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
        driver = new DriverState(traits.features() | ringFeatures());
        calls = new DeviceCalls(id, threads.loop(0), failure -> failed(0, failure));
        faults = new FaultLog(id);
        queues = new QueueSet(id, traits, threads, host, memory);
        threads.attach(this, traits.loops());
    }

    private long ringFeatures() {
        if (device instanceof OffloadedDevice offloaded) {
            return offloaded.ringFeatures();
        }
        return RING_FEATURES | (traits.packedRing() ? VirtioFeature.RING_PACKED : 0);
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
        return queues.kick(queue);
    }

    /// The features that are offered.
    /// @return a mask
    public long offeredFeatures() {
        return driver.offeredFeatures();
    }

    /// The features that the driver has written.
    /// @return a mask
    public long driverFeatures() {
        return driver.driverFeatures();
    }

    /// The driver writes half of its features; ignored once they are fixed.
    /// @param select 0 for the low half, 1 for the high half
    /// @param value the half
    public void driverFeatures(int select, int value) {
        driver.driverFeatures(select, value);
    }

    /// The device status field.
    /// @return its bits
    public int status() {
        return driver.status();
    }

    /// Counts changes of configuration space, so that a driver can tell a torn read (VIRTIO 1.3, 2.5.1).
    /// @return 8 bits
    public int generation() {
        return driver.generation();
    }

    /// The driver writes the device status field. Writing 0 resets and returns when that is done, or after a time limit.
    /// @param value 8 bits
    public void status(int value) {
        if (value == 0) {
            reset();
        } else if (driver.add(value)) {
            threads.loop(0).execute(() -> activate(List.of()));
        }
    }

    /// The registers of a queue.
    /// @param queue any value
    /// @return the registers, or null when there is no such queue
    @Nullable
    QueueRegisters queue(int queue) {
        return queues.registers(queue);
    }

    /// Whether the driver may still change queue registers.
    /// @return false while the device is live
    public boolean queuesAreOpen() {
        return (driver.status() & VirtioStatus.DRIVER_OK) == 0;
    }

    /// The driver reads device configuration.
    /// @param offset 0 or more
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value; all ones outside
    public long readConfig(long offset, int sizeBytes) {
        if (offset > traits.configSizeBytes() - sizeBytes) {
            return -1;
        }
        return calls.ask(() -> device.readConfig((int) offset, sizeBytes), -1L, "read its configuration");
    }

    /// The driver writes device configuration; ignored outside.
    /// @param offset 0 or more
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value
    public void writeConfig(long offset, int sizeBytes, long value) {
        if (offset > traits.configSizeBytes() - sizeBytes) {
            return;
        }
        calls.ask(
                () -> {
                    device.writeConfig((int) offset, sizeBytes, value);
                    return true;
                },
                false,
                "write its configuration");
    }

    private void reset() {
        calls.ask(
                () -> {
                    stop();
                    queues.resetRegisters();
                    driver.clear();
                    return true;
                },
                false,
                "reset");
    }

    /// Takes the queues away from the device. On the first loop.
    private void stop() {
        driver.active(false);
        queues.stopServing();
        if (activated) {
            activated = false;
            if (paused.isEmpty()) {
                device.quiesce();
            }
            device.reset();
        }
        paused = List.of();
        queues.drop();
    }

    private void activate(List<RingPosition> positions) {
        if (!driver.active()) {
            return; // reset before it came to this
        }
        long features = driver.driverFeatures();
        try {
            List<Virtqueue> served = device instanceof OffloadedDevice offloaded
                    ? queues.offload(offloaded, features, positions, interrupts)
                    : queues.open(features, positions);
            activated = true;
            device.activate(new Activation(features, served));
        } catch (QueueFault | VmmException failure) {
            needsReset(failure);
            return;
        }
        queues.serve(queue -> {
            if (!driver.broken()) {
                device.onKick(queue);
            }
        });
    }

    /// The transport has masked, unmasked or moved interrupts. Returns when nobody raises the old ones any more.
    void interruptsChanged() {
        if (device instanceof OffloadedDevice offloaded && driver.active()) {
            calls.ask(
                    () -> {
                        offloaded.interruptsChanged();
                        return true;
                    },
                    false,
                    "move its interrupts");
        }
    }

    @Override
    public void after(int loop) {
        if (!driver.broken()) {
            queues.publish(loop, interrupts);
        }
    }

    @Override
    public void failed(int loop, Throwable failure) {
        if (failure instanceof QueueFault fault) {
            needsReset(fault);
            return;
        }
        driver.fail();
        if (crashed.compareAndSet(false, true)) { // a level-triggered source may fail again and again until the machine has stopped
            LOG.error("{}: stopped by an internal error", id, failure);
            machine.event(MachineEvent.CRASH, 0);
        }
    }

    private void needsReset(RuntimeException fault) {
        if (!driver.needsReset()) {
            return;
        }
        faults.report(fault);
        interrupts.config();
    }

    /// Stops the device where it is: it has finished what it took, and takes no more until [#resume()]. Guest memory does not change after
    /// this. No vCPU runs, and none calls this.
    /// @throws VmmException when the device does not stop in time
    public void quiesce() {
        calls.demand(
                () -> {
                    if (activated && paused.isEmpty()) {
                        queues.stopServing();
                        device.quiesce();
                        queues.settle(); // what finished on further loops is published by them
                        for (int loop = 0; loop < threads.count(); loop++) {
                            after(loop);
                        }
                        paused = driver.broken() ? List.of(RingPosition.SPLIT_START) : queues.positions();
                    }
                    return true;
                },
                "quiesce");
    }

    /// Saves the device, after [#quiesce()]: status, features, queues, and its own state. The transport saves itself.
    /// @return versioned bytes for [#restore]
    /// @throws VmmException.Config when the device has no way to save its state
    public byte[] save() {
        if (!(device instanceof Snapshottable own)) {
            throw new VmmException.Config("%s: a %s device can't be saved".formatted(id, traits.name()));
        }
        return calls.demand(
                () -> {
                    if (activated && paused.isEmpty()) {
                        throw new IllegalStateException("%s: saved while it runs".formatted(id));
                    }
                    StateWriter state = new StateWriter(STATE_VERSION);
                    state.putInt(traits.typeId());
                    driver.save(state);
                    queues.save(state, paused);
                    return state.putBytes(own.saveState()).toBytes();
                },
                "save its state");
    }

    /// Goes on after [#quiesce()] or [#restore].
    public void resume() {
        calls.demand(
                () -> {
                    List<RingPosition> positions = paused;
                    paused = List.of();
                    if (!positions.isEmpty() && !driver.broken()) {
                        activate(positions);
                    }
                    return true;
                },
                "resume");
    }

    /// Takes over what another host of the same kind of device has saved. Before the guest runs; the device stays stopped until [#resume()].
    /// @param saved from [#save()]; it may be damaged
    /// @throws VmmException.Config when it can't be understood; the device is then as after a reset
    public void restore(byte[] saved) {
        if (!(device instanceof Snapshottable own)) {
            throw new VmmException.Config("%s: a %s device can't be restored".formatted(id, traits.name()));
        }
        calls.demand(
                () -> {
                    stop();
                    boolean done = false;
                    try {
                        StateReader state = new StateReader(id, saved, STATE_VERSION);
                        int type = state.getInt();
                        if (type != traits.typeId()) {
                            throw new VmmException.Config(
                                    "%s: saved state is of device type %d, not %d".formatted(id, type, traits.typeId()));
                        }
                        driver.restore(state, id);
                        List<RingPosition> positions = queues.restore(state, driver.broken());
                        own.restoreState(state.getBytes());
                        state.end();
                        paused = positions;
                        done = true;
                    } finally {
                        if (!done) {
                            queues.resetRegisters();
                            driver.clear();
                        }
                        driver.active(done && !paused.isEmpty());
                    }
                    return true;
                },
                "restore its state");
    }

    /// Stops the device and releases it with its loops.
    @Override
    public void close() {
        calls.ask(
                () -> {
                    stop();
                    device.close();
                    return true;
                },
                false,
                "stop");
        threads.close();
        queues.close();
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
            driver.configurationChanged();
            interrupts.config();
        }
    }
}
