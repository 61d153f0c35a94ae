package testudo.core.virtio;

import java.util.List;
import testudo.core.ring.RingPosition;
import testudo.spi.VmmException;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;

/// A device at work: activated with the queues that its driver has set up, stopped, paused, saved and restored. [VirtioHost] decides when.
///
/// On the first of the device's loops, unless a method says otherwise.
final class ServedDevice {
    private static final int STATE_VERSION = 1;

    private final String id;
    private final VirtioDevice device;
    private final VirtioTraits traits;
    private final DeviceThreads threads;
    private final DeviceMemory memory;
    private final DriverState driver;
    private final QueueSet queues;
    private final FaultLog faults;
    private VirtioInterrupts interrupts = VirtioInterrupts.NONE;
    /// Whether the device was told.
    private boolean activated;
    /// Where the rings go on when the device is resumed.
    private List<RingPosition> paused = List.of();

    ServedDevice(String id, VirtioDevice device, DeviceThreads threads, DeviceMemory memory, DriverState driver, QueueSet queues) {
        this.id = id;
        this.device = device;
        this.traits = device.traits();
        this.threads = threads;
        this.memory = memory;
        this.driver = driver;
        this.queues = queues;
        faults = new FaultLog(id);
    }

    /// Connects the transport's interrupts. Any thread, before the guest runs.
    void connect(VirtioInterrupts transport) {
        interrupts = transport;
    }

    /// Gives the device the queues that its driver has set up, unless the driver has thought better of it.
    void activate() {
        activate(List.of());
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
            device.activate(new Activation(features, served, memory, this::configurationChanged));
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

    private void configurationChanged() {
        driver.configurationChanged();
        interrupts.config();
    }

    /// The transport has masked, unmasked or moved interrupts.
    void interruptsChanged() {
        if (device instanceof OffloadedDevice offloaded) {
            offloaded.interruptsChanged();
        }
    }

    /// Tells the driver what was completed. On the loop that completed it.
    void publish(int loop) {
        if (!driver.broken()) {
            queues.publish(loop, interrupts);
        }
    }

    /// The driver broke the device: it serves nothing until it is reset. Any of the device's loops.
    void needsReset(RuntimeException fault) {
        if (driver.needsReset()) {
            faults.report(fault);
            interrupts.config();
        }
    }

    /// Takes the queues away from the device.
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

    /// Back to the state before the driver's first write.
    void reset() {
        stop();
        clear();
    }

    private void clear() {
        queues.resetRegisters();
        driver.clear();
    }

    /// Finishes what is under way and takes no more.
    void pause() {
        if (!activated || !paused.isEmpty()) {
            return;
        }
        queues.stopServing();
        device.quiesce();
        queues.settle(); // what finished on further loops is published by them
        for (int loop = 0; loop < threads.count(); loop++) {
            publish(loop);
        }
        paused = driver.broken() ? List.of(RingPosition.SPLIT_START) : queues.positions();
    }

    /// Goes on where it was paused.
    void resume() {
        List<RingPosition> positions = paused;
        paused = List.of();
        if (!positions.isEmpty() && !driver.broken()) {
            activate(positions);
        }
    }

    /// The state of a device that does not run.
    byte[] save(Snapshottable own) {
        if (activated && paused.isEmpty()) {
            throw new IllegalStateException("%s: saved while it runs".formatted(id));
        }
        StateWriter state = new StateWriter(STATE_VERSION);
        state.putInt(traits.typeId());
        driver.save(state);
        queues.save(state, paused);
        return state.putBytes(own.saveState()).toBytes();
    }

    /// Takes a state over; the device is then paused.
    /// @throws VmmException.Config when it can't be understood; the device is then as after a reset
    void restore(Snapshottable own, byte[] saved) {
        stop();
        boolean done = false;
        try {
            StateReader state = new StateReader(id, saved, STATE_VERSION);
            int type = state.getInt();
            if (type != traits.typeId()) {
                throw new VmmException.Config("%s: saved state is of device type %d, not %d".formatted(id, type, traits.typeId()));
            }
            driver.restore(state, id);
            List<RingPosition> positions = queues.restore(state, driver.broken());
            own.restoreState(state.getBytes());
            state.end();
            paused = positions;
            done = true;
        } finally {
            if (!done) {
                clear();
            }
            driver.active(done && !paused.isEmpty());
        }
    }

    /// Stops and releases the device.
    void close() {
        stop();
        device.close();
    }
}
