package testudo.core.virtio;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.device.Snapshottable;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;

/// One virtio device's life, the same on every transport: features, status, queues, activation, reset (VIRTIO 1.3, 2 and 3.1).
///
/// Register accesses come from vCPU threads and are serialised here. The device itself is called only on its loops; a vCPU waits for it
/// with a time limit. Queue registers are frozen while the device is live.
public final class VirtioHost implements AutoCloseable, DeviceThreads.Hook {
    private static final Logger LOG = LoggerFactory.getLogger(VirtioHost.class);
    private static final long RING_FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;

    private final String id;
    private final VirtioDevice device;
    private final VirtioTraits traits;
    private final DeviceThreads threads;
    private final MachineServices machine;
    private final DeviceCalls calls;
    private final QueueSet queues;
    private final DriverState driver;
    private final ServedDevice served;
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
        this.machine = machine;
        driver = new DriverState(traits.features() | ringFeatures());
        calls = new DeviceCalls(id, threads.loop(0), failure -> failed(0, failure));
        queues = new QueueSet(id, traits, threads, host, memory);
        served = new ServedDevice(id, device, threads, memory, driver, queues);
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
        served.connect(transport);
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
            calls.tell(served::reset, "reset");
        } else if (driver.add(value)) {
            threads.loop(0).execute(served::activate);
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
        calls.tell(() -> device.writeConfig((int) offset, sizeBytes, value), "write its configuration");
    }

    /// The transport has masked, unmasked or moved interrupts. Returns when nobody raises the old ones any more.
    void interruptsChanged() {
        if (device instanceof OffloadedDevice && driver.active()) {
            calls.tell(served::interruptsChanged, "move its interrupts");
        }
    }

    @Override
    public void after(int loop) {
        served.publish(loop);
    }

    @Override
    public void failed(int loop, Throwable failure) {
        if (failure instanceof QueueFault fault) {
            served.needsReset(fault);
            return;
        }
        driver.fail();
        if (crashed.compareAndSet(false, true)) { // a level-triggered source may fail again and again until the machine has stopped
            LOG.error("{}: stopped by an internal error", id, failure);
            machine.event(MachineEvent.CRASH, 0);
        }
    }

    /// Stops the device where it is: it has finished what it took, and takes no more until [#resume()]. Guest memory does not change after
    /// this. No vCPU runs, and none calls this.
    /// @throws VmmException when the device does not stop in time
    public void quiesce() {
        calls.require(served::pause, "quiesce");
    }

    /// Saves the device, after [#quiesce()]: status, features, queues, and its own state. The transport saves itself.
    /// @return versioned bytes for [#restore]
    /// @throws VmmException.Config when the device has no way to save its state
    public byte[] save() {
        if (!(device instanceof Snapshottable own)) {
            throw new VmmException.Config("%s: a %s device can't be saved".formatted(id, traits.name()));
        }
        return calls.demand(() -> served.save(own), "save its state");
    }

    /// Goes on after [#quiesce()] or [#restore].
    public void resume() {
        calls.require(served::resume, "resume");
    }

    /// Takes over what another host of the same kind of device has saved. Before the guest runs; the device stays stopped until [#resume()].
    /// @param saved from [#save()]; it may be damaged
    /// @throws VmmException.Config when it can't be understood; the device is then as after a reset
    public void restore(byte[] saved) {
        if (!(device instanceof Snapshottable own)) {
            throw new VmmException.Config("%s: a %s device can't be restored".formatted(id, traits.name()));
        }
        calls.require(() -> served.restore(own, saved), "restore its state");
    }

    /// Stops the device and releases it with its loops.
    @Override
    public void close() {
        calls.tell(served::close, "stop");
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
}
