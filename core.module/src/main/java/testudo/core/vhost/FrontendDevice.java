package testudo.core.vhost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.vhost.ForwardedQueues.ForwardedQueue;
import testudo.core.virtio.OffloadedDevice;
import testudo.core.virtio.VirtioInterrupts;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;

/// A virtio device of the machine that a back-end behind a socket serves.
///
/// Notifications go from the guest to the back-end by the events that the transport binds to doorbells, interrupts by the transport's own
/// events where it has them; otherwise by an event that is watched here. When the back-end goes away the device stands still until it
/// is back; the rings then go on with what the back-end had not completed.
final class FrontendDevice implements OffloadedDevice {
    private static final Logger LOG = LoggerFactory.getLogger(FrontendDevice.class);
    /// Device types' own feature bits, as far as they have been given out (VIRTIO 1.3, 6 "Reserved Feature Bits").
    private static final long DEVICE_FEATURES = 0xFFFC_0000_00FF_FFFFL;
    /// No packed rings: where one stands is known to the back-end alone, so that it could not be replaced.
    private static final long RING_FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;
    private static final long RETRY_NANOS = 100_000_000;
    /// For a back-end that goes again at once: neither work nor logs for nothing.
    private static final long LONGEST_RETRY_NANOS = 10_000_000_000L;
    private static final int MAX_REGIONS = 8;
    private static final int DRIVER_OK = 15;
    private static final int MAX_QUEUES = 1024;

    private final String id;
    private final HostPlatform host;
    private final MachineServices machine;
    private final EventLoop loop;
    private final Connector connector;
    private final Runnable closed;
    private final VirtioTraits traits;
    private final long ringFeatures;
    private final boolean reconnects;
    private final HostTimer retry;
    /// Where each ring goes on, as the back-end said when it was stopped.
    private final int[] positions;
    private final ForwardedQueues forwarded;
    private final KeptInflight inflight = new KeptInflight();
    private final List<EventLoop.Watch> connectionWatches = new ArrayList<>();
    private long connectedNanos;
    private long retryNanos = RETRY_NANOS;
    private @Nullable FrontendConnection connection;
    private @Nullable GuestMemory memory;
    private @Nullable MemoryHandles handles;
    private @Nullable VirtioActivation activation;

    /// Connects and asks the back-end what it has.
    /// @param connector connects, now and again
    /// @param facts what device it is
    /// @param closed runs when the device is closed
    /// @param reconnects whether a back-end that has gone is waited for; otherwise its end is the machine's
    /// @throws VmmException.Host when there is no back-end, or it does not behave
    FrontendDevice(
            DeviceContext context, Connector connector, Function<FrontendConnection, VirtioTraits> facts, Runnable closed,
            boolean reconnects) {
        this.id = context.id();
        this.closed = closed;
        this.host = context.host();
        this.machine = context.machine();
        this.loop = context.loop();
        forwarded = new ForwardedQueues(host, loop);
        this.connector = connector;
        this.reconnects = reconnects;
        try {
            FrontendConnection made = connector.connect();
            connection = made;
            traits = facts.apply(made);
            positions = new int[traits.queueSizes().size()];
            ringFeatures = made.features() & RING_FEATURES;
            if ((ringFeatures & VirtioFeature.VERSION_1) == 0) {
                throw new PeerFault("the back-end knows legacy devices only");
            }
            retry = host.events().newTimer();
            loop.watch(retry, Poller.READABLE, ready -> {
                retry.consume();
                reconnect();
            });
            watchConnection(made);
        } catch (PeerFault fault) {
            disconnect();
            throw new VmmException.Host(
                    VmmException.Kind.IO, "%s: its back-end: %s".formatted(id, fault.getMessage()), fault);
        }
    }

    /// The facts of a back-end that another program made: what it says, and the type that the user says it is.
    static VirtioTraits traits(FrontendConnection made, VirtioType type, int queueSize) {
        int queues = type.minimumQueues();
        if (made.speaks(ProtocolFeature.MQ)) {
            long most = made.ask(Request.GET_QUEUE_NUM);
            if (most <= 0 || most > MAX_QUEUES) {
                throw new PeerFault("the back-end has %d queues".formatted(most));
            }
            queues = (int) most;
        }
        return new VirtioTraits(
                type.typeId(),
                type.name(),
                made.features() & DEVICE_FEATURES,
                Collections.nCopies(queues, queueSize),
                made.speaks(ProtocolFeature.CONFIG) ? Request.MAX_CONFIG_BYTES : 0,
                type.pciClass(),
                1,
                false);
    }

    /// Connects to a back-end.
    @FunctionalInterface
    interface Connector {
        /// Connects and negotiates.
        /// @throws PeerFault when the back-end does not behave
        /// @throws VmmException.Host when there is none
        FrontendConnection connect();
    }

    @Override
    public VirtioTraits traits() {
        return traits;
    }

    @Override
    public long ringFeatures() {
        return ringFeatures;
    }

    @Override
    public void share(GuestMemory guest, Optional<MemoryHandles> shared) {
        memory = guest;
        handles = shared.orElseThrow(() -> new VmmException.Config(
                "%s: this hypervisor can't share guest memory with another process; vhost-user devices need that".formatted(id)));
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        long[] value = {-1};
        talk(to -> value[0] = to.readConfig(offset, sizeBytes));
        return value[0];
    }

    @Override
    public void writeConfig(int offset, int sizeBytes, long value) {
        talk(to -> {
            to.putInt(0, offset);
            to.putInt(4, sizeBytes);
            to.putInt(8, 0);
            for (int i = 0; i < sizeBytes; i++) {
                to.putByte(Request.CONFIG_HEADER_BYTES + i, (byte) (value >>> (8 * i)));
            }
            to.tell(Request.SET_CONFIG, Request.CONFIG_HEADER_BYTES + sizeBytes);
        });
    }

    @Override
    public void offload(List<Ring> queues, VirtioInterrupts transport) {
        forwarded.take(queues, transport); // after a pause they are passed again
    }

    @Override
    public void activate(VirtioActivation with) {
        activation = with;
        talk(this::start);
    }

    private void start(FrontendConnection to) {
        VirtioActivation with = activation;
        if (with == null) {
            return;
        }
        boolean protocol = to.has(ProtocolFeature.PROTOCOL_FEATURES);
        to.putLong(0, with.features() | (protocol ? ProtocolFeature.PROTOCOL_FEATURES : 0));
        to.tell(Request.SET_FEATURES, Long.BYTES);
        sendMemory(to);
        if (reconnects) {
            int largest = forwarded.all().stream().mapToInt(queue -> queue.ring().config().size()).max().orElse(1);
            inflight.pass(to, positions.length, largest);
        }
        for (ForwardedQueue queue : forwarded.all()) {
            startRing(to, queue);
        }
        for (ForwardedQueue queue : forwarded.all()) {
            if (protocol) {
                putState(to, queue, 1);
                to.tell(Request.SET_VRING_ENABLE, 8);
            }
        }
        if (to.speaks(ProtocolFeature.STATUS)) {
            to.putLong(0, DRIVER_OK);
            to.tell(Request.SET_STATUS, Long.BYTES);
        }
        forwarded.all().forEach(queue -> queue.ring().kick().signal()); // chains may be waiting
    }

    private void sendMemory(FrontendConnection to) {
        GuestMemory guest = memory;
        MemoryHandles shared = handles;
        if (guest == null || shared == null) {
            throw new IllegalStateException("%s: activated without memory".formatted(id));
        }
        List<HostHandle> passed = new ArrayList<>();
        for (GuestRegion region : guest.regions()) {
            // Firmware's drivers have buffers beside it, in memory that is no RAM by name.
            if (region.purpose() == GuestRegion.Purpose.DEVICE || region.access() == GuestRegion.HostAccess.NONE) {
                continue;
            }
            int at = 8 + passed.size() * Request.REGION_BYTES;
            to.putLong(at, region.gpa());
            to.putLong(at + 8, region.sizeBytes());
            to.putLong(at + 16, region.gpa()); // guest physical addresses serve as "user" addresses: the host's are nobody's business
            to.putLong(at + 24, 0);
            passed.add(shared.handle(region.gpa()));
        }
        if (passed.size() > MAX_REGIONS) {
            throw new PeerFault("guest memory has more than %d regions".formatted(MAX_REGIONS));
        }
        to.putInt(0, passed.size());
        to.putInt(4, 0);
        to.tell(Request.SET_MEM_TABLE, 8 + passed.size() * Request.REGION_BYTES, passed.toArray(HostHandle[]::new));
    }

    private void startRing(FrontendConnection to, ForwardedQueue queue) {
        putState(to, queue, queue.ring().config().size());
        to.tell(Request.SET_VRING_NUM, 8);
        putState(to, queue, positions[queue.index()]);
        to.tell(Request.SET_VRING_BASE, 8);
        to.putInt(0, queue.index());
        to.putInt(4, 0);
        to.putLong(8, queue.ring().config().descriptors());
        to.putLong(16, queue.ring().config().device());
        to.putLong(24, queue.ring().config().driver());
        to.putLong(32, 0);
        to.tell(Request.SET_VRING_ADDR, 40);
        sendCall(to, queue);
        to.putLong(0, queue.index());
        to.tell(Request.SET_VRING_KICK, Long.BYTES, queue.ring().kick());
    }

    private static void putState(FrontendConnection to, ForwardedQueue queue, int value) {
        to.putInt(0, queue.index());
        to.putInt(4, value);
    }

    private void sendCall(FrontendConnection to, ForwardedQueue queue) {
        to.putLong(0, queue.index());
        to.tell(Request.SET_VRING_CALL, Long.BYTES, forwarded.call(queue));
    }

    @Override
    public void interruptsChanged() {
        talk(to -> forwarded.interruptsChanged(queue -> sendCall(to, queue)));
    }

    @Override
    public void onKick(int queue) {
        // The back-end is kicked by the same event.
    }

    @Override
    public void quiesce() {
        talk(to -> {
            for (ForwardedQueue queue : forwarded.all()) {
                positions[queue.index()] = to.stopRing(queue.index());
            }
        });
    }

    @Override
    public void reset() {
        activation = null;
        talk(to -> {
            if (to.speaks(ProtocolFeature.STATUS)) {
                to.putLong(0, 0);
                to.tell(Request.SET_STATUS, Long.BYTES);
            } else if (to.speaks(ProtocolFeature.RESET_DEVICE)) {
                to.tell(Request.RESET_DEVICE, 0);
            }
        });
        forwarded.drop();
        inflight.close();
        Arrays.fill(positions, 0);
    }

    /// Talks to the back-end if there is one. One that does not behave is left.
    private void talk(Consumer<FrontendConnection> what) {
        FrontendConnection to = connection;
        if (to == null) {
            return;
        }
        try {
            what.accept(to);
        } catch (PeerFault fault) {
            lost(fault.getMessage());
        }
    }

    private void watchConnection(FrontendConnection made) {
        EventLoop.Watch[] both = new EventLoop.Watch[2];
        // Between requests a back-end has nothing to say here: readable means that it has gone, or lost count.
        both[0] = loop.watch(made.socket(), Poller.READABLE, ready -> lost("it has closed the connection"));
        connectionWatches.add(both[0]);
        made.requestSocket().ifPresent(socket -> {
            both[1] = loop.watch(socket, Poller.READABLE, ready -> requests(both[1], ready));
            connectionWatches.add(both[1]);
        });
    }

    private void requests(EventLoop.Watch watch, int ready) {
        talk(to -> {
            VirtioActivation active = activation;
            if (to.takeRequests() && active != null) {
                active.raiseConfig();
            }
        });
        if ((ready & Poller.HANG_UP) != 0) {
            watch.cancel();
        }
    }

    private void lost(@Nullable String why) {
        if (connection == null) {
            return;
        }
        LOG.warn("{}: back-end lost: {}", id, why);
        disconnect();
        if (!reconnects) {
            LOG.error("{}: the device's process has ended, and with it the machine", id);
            machine.event(MachineServices.MachineEvent.CRASH, 0);
            return;
        }
        long now = host.events().monotonicNanos();
        retryNanos = now - connectedNanos > LONGEST_RETRY_NANOS ? RETRY_NANOS : Math.min(2 * retryNanos, LONGEST_RETRY_NANOS);
        retry.arm(retryNanos, RETRY_NANOS);
    }

    private void disconnect() {
        FrontendConnection old = connection;
        connection = null;
        connectionWatches.forEach(EventLoop.Watch::cancel);
        connectionWatches.clear();
        if (old != null) {
            old.close();
        }
    }

    private void reconnect() {
        FrontendConnection made;
        try {
            made = connector.connect();
        } catch (PeerFault | VmmException.Host notYet) {
            LOG.debug("{}: still no back-end: {}", id, notYet.getMessage());
            return;
        }
        long missing = (traits.features() | ringFeatures) & ~made.features();
        if (missing != 0) {
            LOG.error("{}: the new back-end lacks features that the driver was offered: 0x{}", id, Long.toHexString(missing));
            made.close();
            retryNanos = Math.min(2 * retryNanos, LONGEST_RETRY_NANOS);
            retry.arm(retryNanos, retryNanos); // the right one may still come
            return;
        }
        retry.disarm();
        connection = made;
        connectedNanos = host.events().monotonicNanos();
        watchConnection(made);
        LOG.info("{}: back-end is back", id);
        forwarded.all().forEach(this::takeUp);
        talk(this::start);
    }

    /// Sets a ring to go on behind what the lost back-end completed.
    private void takeUp(ForwardedQueue queue) {
        GuestMemory guest = memory;
        long used = queue.ring().config().device();
        if (guest != null && guest.find(used, 4) != null) {
            positions[queue.index()] = guest.readInt(used) >>> 16;
        }
    }

    @Override
    public void close() {
        disconnect();
        forwarded.drop();
        inflight.close();
        retry.close();
        closed.run();
    }
}
