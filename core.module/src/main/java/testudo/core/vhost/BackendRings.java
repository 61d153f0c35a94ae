package testudo.core.vhost;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.ring.RingQueue;
import testudo.core.virtio.Activation;
import testudo.core.virtio.DeviceThreads;
import testudo.core.virtio.DisabledQueue;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.Poller;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.Virtqueue;

/// A device and the rings that a front-end gives it. The device runs while at least one ring is ready; before anything about a running
/// device changes it is paused, which finishes what is under way, and goes on afterwards where it stood.
///
/// All methods on the device's first loop, but the hook's, which run on the loop they tell about.
final class BackendRings implements DeviceThreads.Hook {
    private static final Logger LOG = LoggerFactory.getLogger(BackendRings.class);
    private static final long WAIT_SECONDS = 10;

    private final String id;
    private final VirtioDevice device;
    private final DeviceThreads threads;
    private final PeerMemory memory;
    private final Consumer<Throwable> fatal;
    private final Runnable configChanged;
    private final Vring[] vrings;
    private long features;
    private boolean active;
    /// The device was activated since it was last reset.
    private boolean used;
    /// A driver broke a ring: nothing is served until the front-end stops the rings.
    private volatile boolean broken;
    private boolean faultReported;
    private @Nullable InflightMemory inflight;

    /// Makes the rings of a device and starts its loops.
    /// @param fatal told, on any loop, when the device itself has failed
    /// @param configChanged told, on the first loop, that configuration space has changed
    BackendRings(String id, VirtioDevice device, DeviceThreads threads, PeerMemory memory, Consumer<Throwable> fatal,
            Runnable configChanged) {
        this.id = id;
        this.device = device;
        this.threads = threads;
        this.memory = memory;
        this.fatal = fatal;
        this.configChanged = configChanged;
        List<Integer> sizes = device.traits().queueSizes();
        vrings = new Vring[sizes.size()];
        for (int i = 0; i < vrings.length; i++) {
            vrings[i] = new Vring(i, sizes.get(i));
        }
        threads.attach(this, device.traits().loops());
    }

    VirtioDevice device() {
        return device;
    }

    int count() {
        return vrings.length;
    }

    /// A ring.
    /// @throws PeerFault when there is none
    Vring vring(int index) {
        if (index < 0 || index >= vrings.length) {
            throw new PeerFault("ring %d of %d".formatted(index, vrings.length));
        }
        return vrings[index];
    }

    /// What was negotiated; takes effect with the next activation.
    void features(long accepted) {
        features = accepted;
    }

    /// Sets where rings note what is under way.
    /// @param memory closed by this; null ends that
    void inflight(@Nullable InflightMemory memory) {
        pause();
        InflightMemory old = inflight;
        inflight = memory;
        if (old != null) {
            old.close();
        }
    }

    /// Replaces the event that interrupts the driver. Also while the ring runs: front-ends do that when a driver masks interrupts.
    void call(Vring vring, List<HostEvent> event) {
        HostEvent old = vring.call;
        vring.call = event.isEmpty() ? null : event.getFirst();
        if (old != null) {
            threads.loop(vring.index % threads.count()).execute(old::close); // that loop may be signalling it
        }
        event.forEach(HostEvent::signal); // an interrupt may have been lost in between; drivers bear one too many
    }

    /// Stops serving. What was under way is completed, and told to the driver.
    void pause() {
        if (!active) {
            return;
        }
        active = false;
        for (Vring vring : vrings) {
            EventLoop.Watch watch = vring.watch;
            if (watch != null) {
                watch.cancel();
                vring.watch = null;
            }
        }
        settleFurtherLoops();
        device.quiesce();
        for (Vring vring : vrings) {
            RingQueue ring = vring.ring;
            if (ring != null) {
                publish(vring);
                if (!broken) { // or a chain that nobody will complete is still under way
                    vring.keep(ring.position(), features);
                }
                vring.ring = null;
            }
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

    /// Serves the rings that are ready, unless it does already.
    /// @throws PeerFault when a ring's address is in no memory region
    void resume() {
        boolean any = false;
        for (Vring vring : vrings) {
            any |= vring.ready();
        }
        if (active || broken || !any) {
            return;
        }
        List<Virtqueue> served = new ArrayList<>();
        try {
            for (Vring vring : vrings) {
                RingQueue ring = vring.ready() ? vring.open(memory, features, inflight) : null;
                vring.ring = ring;
                served.add(ring == null ? new DisabledQueue(vring.index, vring.maxSize()) : ring);
            }
            active = true;
            used = true;
            device.activate(new Activation(features, served, memory, () -> threads.loop(0).execute(configChanged)));
        } catch (QueueFault | VmmException failure) {
            fault(failure);
            return;
        }
        for (Vring vring : vrings) {
            if (vring.ring != null) {
                serve(vring);
            }
        }
    }

    private void serve(Vring vring) {
        HostEvent kick = vring.kick;
        if (kick == null) {
            return;
        }
        EventLoop loop = threads.loop(vring.index % threads.count());
        vring.watch = loop.watch(kick, Poller.READABLE, ready -> {
            kick.consume();
            if (!broken) {
                device.onKick(vring.index);
            }
        });
        loop.execute(() -> { // chains may have been made available before it was served
            if (!broken && vring.ring != null) {
                device.onKick(vring.index);
            }
        });
    }

    /// Stops a ring for good, until the front-end gives it a new kick.
    /// @return where it stands
    int stop(Vring vring) {
        pause();
        vring.stop();
        boolean running = false;
        for (Vring other : vrings) {
            running |= other.kick != null;
        }
        if (!running) {
            broken = false;
        }
        return vring.position;
    }

    /// Back to the state before the first message: the driver has reset the device, or the front-end has gone.
    void reset() {
        pause();
        if (used) {
            used = false;
            device.reset();
        }
        for (Vring vring : vrings) {
            vring.reset();
        }
        broken = false;
        features = 0;
        inflight(null); // a driver that has reset its device has nothing under way
    }

    @Override
    public void after(int loop) {
        if (broken) {
            return;
        }
        for (int i = loop; i < vrings.length; i += threads.count()) {
            publish(vrings[i]);
        }
    }

    private static void publish(Vring vring) {
        RingQueue ring = vring.ring;
        HostEvent call = vring.call;
        if (ring != null && ring.publish() && call != null) {
            call.signal();
        }
    }

    @Override
    public void failed(int loop, Throwable failure) {
        if (failure instanceof QueueFault fault) {
            threads.loop(0).execute(() -> fault(fault));
            broken = true;
            return;
        }
        broken = true;
        fatal.accept(failure);
    }

    private void fault(RuntimeException failure) {
        broken = true;
        if (!faultReported) { // once is enough: a driver may go on breaking and resetting its rings
            faultReported = true;
            LOG.warn("{}: stopped until its driver resets it: {}; later faults are not logged", id, failure.getMessage());
        }
        for (Vring vring : vrings) {
            HostEvent error = vring.error;
            if (error != null) {
                error.signal();
            }
        }
    }
}
