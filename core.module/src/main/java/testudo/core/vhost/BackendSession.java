package testudo.core.vhost;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.LocalSocket;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;

/// Answers one front-end's messages. On the device's first loop, from the first message to the last.
final class BackendSession {
    private static final Logger LOG = LoggerFactory.getLogger(BackendSession.class);
    private static final long RING_FEATURES = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;
    private static final long PROTOCOL = ProtocolFeature.MQ | ProtocolFeature.LOG_SHMFD | ProtocolFeature.REPLY_ACK
            | ProtocolFeature.BACKEND_REQ | ProtocolFeature.CONFIG | ProtocolFeature.INFLIGHT_SHMFD
            | ProtocolFeature.RESET_DEVICE | ProtocolFeature.CONFIGURE_MEM_SLOTS | ProtocolFeature.STATUS;
    private static final int LARGEST_CONFIG_WRITE = 4;
    private static final int LARGEST_RING = 32_768;

    private final String id;
    private final VirtioDevice device;
    private final BackendRings rings;
    private final PeerMemory memory;
    private final HandlePassing passing;
    private final HostPlatform host;
    private final MessageChannel channel;
    private final Runnable ended;
    private @Nullable MessageChannel requests;
    private EventLoop.@Nullable Watch watch;
    private long features;
    private long protocolFeatures;
    private int status;
    private boolean over;

    /// Makes a session; it begins with [#begin].
    /// @param ended told, once, when the front-end has gone or was sent away
    BackendSession(
            String id, BackendRings rings, PeerMemory memory, HostPlatform host, LocalSocket connection, Runnable ended) {
        this.id = id;
        this.device = rings.device();
        this.rings = rings;
        this.memory = memory;
        this.host = host;
        passing = host.handlePassing().orElseThrow();
        this.ended = ended;
        channel = new MessageChannel(connection, passing);
    }

    /// Starts listening to the front-end.
    void begin(EventLoop loop) {
        watch = loop.watch(channel.socket(), testudo.spi.host.Poller.READABLE, ready -> readable());
    }

    private void readable() {
        try {
            MessageChannel.Progress progress = channel.receive();
            while (progress == MessageChannel.Progress.MESSAGE) {
                handle();
                channel.done();
                progress = channel.receive();
            }
            if (progress == MessageChannel.Progress.CLOSED) {
                end();
            } else {
                rings.resume();
            }
        } catch (PeerFault | VmmException.Host fault) {
            LOG.warn("{}: the front-end is sent away: {}", id, fault.getMessage());
            end();
        }
    }

    /// Ends the session: the device is reset, everything the front-end gave is closed. Idempotent.
    void end() {
        if (over) {
            return;
        }
        over = true;
        EventLoop.Watch watched = watch;
        if (watched != null) {
            watched.cancel();
        }
        rings.reset();
        memory.close();
        channel.close();
        MessageChannel back = requests;
        if (back != null) {
            back.close();
        }
        ended.run();
    }

    /// Tells the front-end that configuration space has changed.
    void configChanged() {
        MessageChannel back = requests;
        if (over || back == null) {
            return;
        }
        try {
            back.send(Request.BACKEND_CONFIG_CHANGE, Request.VERSION, 0, List.of());
        } catch (PeerFault fault) {
            LOG.warn("{}: the front-end is sent away: {}", id, fault.getMessage());
            end();
        }
    }

    private void handle() {
        if ((channel.flags() & Request.REPLY) != 0) {
            throw new PeerFault("a reply that nobody asked for");
        }
        boolean answered = switch (channel.request()) {
            case Request.GET_FEATURES -> reply(0, offered());
            case Request.GET_PROTOCOL_FEATURES -> reply(0, PROTOCOL);
            case Request.GET_QUEUE_NUM -> reply(0, rings.count());
            case Request.GET_MAX_MEM_SLOTS -> reply(0, PeerMemory.MAX_REGIONS);
            case Request.GET_STATUS -> reply(0, status);
            case Request.GET_VRING_BASE -> stopRing();
            case Request.GET_CONFIG -> readConfig();
            case Request.SET_LOG_BASE -> log();
            case Request.GET_INFLIGHT_FD -> {
                InflightMemory.answer(channel, host.memory(), rings.count(), (features & VirtioFeature.RING_PACKED) == 0);
                yield true;
            }
            default -> false;
        };
        if (!answered) {
            acknowledge(change());
        }
    }

    private long offered() {
        return device.traits().features() | RING_FEATURES | ProtocolFeature.LOG_ALL | ProtocolFeature.PROTOCOL_FEATURES
                | (device.traits().packedRing() ? VirtioFeature.RING_PACKED : 0);
    }

    /// Does what a message without an answer of its own says.
    /// @return false for a message that we do not know
    private boolean change() {
        switch (channel.request()) {
            case Request.SET_OWNER, Request.RESET_OWNER -> channel.expect(0, 0);
            case Request.SET_FEATURES -> acceptFeatures();
            case Request.SET_PROTOCOL_FEATURES -> acceptProtocolFeatures();
            case Request.SET_STATUS -> status();
            case Request.RESET_DEVICE -> {
                channel.expect(0, 0);
                rings.reset();
            }
            case Request.SET_MEM_TABLE -> memoryTable();
            case Request.ADD_MEM_REG -> addRegion();
            case Request.REM_MEM_REG -> removeRegion();
            case Request.SET_INFLIGHT_FD -> rings.inflight(InflightMemory.take(channel, passing, rings.count()));
            case Request.SET_BACKEND_REQ_FD -> backendRequests();
            case Request.SET_CONFIG -> writeConfig();
            case Request.SET_LOG_FD -> {
                channel.expect(0, 1);
                channel.takeHandle().close(); // a log event, which the specification lets us ignore
            }
            default -> {
                return changeRing();
            }
        }
        return true;
    }

    private boolean changeRing() {
        switch (channel.request()) {
            case Request.SET_VRING_NUM -> ringSize();
            case Request.SET_VRING_ADDR -> ringAddresses();
            case Request.SET_VRING_BASE -> {
                channel.expect(8, 0);
                Vring vring = rings.vring(channel.getInt(0));
                rings.pause();
                vring.position = channel.getInt(4);
            }
            case Request.SET_VRING_ENABLE -> {
                channel.expect(8, 0);
                Vring vring = rings.vring(channel.getInt(0));
                rings.pause();
                vring.enabled = channel.getInt(4) != 0;
            }
            case Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR -> ringEvent(channel.request());
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean reply(int payload, long value) {
        channel.expect(payload, 0);
        channel.putLong(0, value);
        channel.send(channel.request(), Request.VERSION | Request.REPLY, Long.BYTES, List.of());
        return true;
    }

    private void acknowledge(boolean known) {
        boolean wanted = (channel.flags() & Request.NEED_REPLY) != 0 && (protocolFeatures & ProtocolFeature.REPLY_ACK) != 0;
        if (wanted) {
            channel.putLong(0, known ? 0 : 1);
            channel.send(channel.request(), Request.VERSION | Request.REPLY, Long.BYTES, List.of());
        } else if (!known) {
            throw new PeerFault("request %d, which was not offered".formatted(channel.request()));
        }
    }

    private void acceptFeatures() {
        channel.expect(Long.BYTES, 0);
        long accepted = channel.getLong(0);
        if ((accepted & ~offered()) != 0) {
            throw new PeerFault("accepts features that were not offered: 0x%x".formatted(accepted & ~offered()));
        }
        if (accepted != features) {
            rings.pause();
            features = accepted;
            rings.features(accepted & ~(ProtocolFeature.LOG_ALL | ProtocolFeature.PROTOCOL_FEATURES));
        }
        if ((accepted & ProtocolFeature.LOG_ALL) == 0) {
            memory.log(null);
        }
    }

    private void acceptProtocolFeatures() {
        channel.expect(Long.BYTES, 0);
        long accepted = channel.getLong(0);
        if ((accepted & ~PROTOCOL) != 0) {
            throw new PeerFault("accepts protocol features that were not offered: 0x%x".formatted(accepted & ~PROTOCOL));
        }
        protocolFeatures = accepted;
    }

    private void status() {
        channel.expect(Long.BYTES, 0);
        status = (int) channel.getLong(0) & 0xFF;
        if (status == 0) {
            rings.reset();
            features = 0;
        }
    }

    private void memoryTable() {
        if (channel.payloadBytes() < 8) {
            throw new PeerFault("a memory table without a header");
        }
        int count = channel.getInt(0);
        if (count < 0 || count > HandlePassing.MAX_HANDLES) {
            throw new PeerFault("a memory table of %d regions".formatted(count));
        }
        channel.expect(8 + count * Request.REGION_BYTES, count);
        rings.pause();
        memory.clear();
        for (int i = 0; i < count; i++) {
            region(8 + i * Request.REGION_BYTES);
        }
    }

    private void region(int at) {
        memory.add(
                channel.getLong(at),
                channel.getLong(at + 8),
                channel.getLong(at + 16),
                channel.getLong(at + 24),
                channel.takeHandle());
    }

    private void addRegion() {
        channel.expect(8 + Request.REGION_BYTES, 1);
        region(8); // what runs goes on: a new region moves no other
    }

    private void removeRegion() {
        int handles = channel.hasHandle() ? 1 : 0; // QEMU sends the region's handle along
        channel.expect(8 + Request.REGION_BYTES, handles);
        rings.pause();
        memory.remove(channel.getLong(8), channel.getLong(16), channel.getLong(24));
    }

    private void backendRequests() {
        channel.expect(0, 1);
        MessageChannel old = requests;
        if (old != null) {
            old.close();
            requests = null;
        }
        requests = new MessageChannel(passing.socket(channel.takeHandle()), passing);
    }

    private boolean log() {
        channel.expect(16, 1);
        long sizeBytes = channel.getLong(0);
        memory.log(new PageLog(passing.map(channel.takeHandle(), channel.getLong(8), sizeBytes)));
        channel.putLong(0, 0);
        channel.send(Request.SET_LOG_BASE, Request.VERSION | Request.REPLY, Long.BYTES, List.of());
        return true;
    }

    private void ringSize() {
        channel.expect(8, 0);
        Vring vring = rings.vring(channel.getInt(0));
        int size = channel.getInt(4);
        if (size <= 0 || size > LARGEST_RING) { // how large it may be is between driver and front-end
            throw new PeerFault("ring size %d of at most %d".formatted(size, LARGEST_RING));
        }
        rings.pause();
        vring.size = size;
    }

    private void ringAddresses() {
        channel.expect(40, 0);
        Vring vring = rings.vring(channel.getInt(0));
        for (int at = 8; at <= 24; at += Long.BYTES) {
            memory.guestAddress(channel.getLong(at)); // now and not later, so that the culprit is known
        }
        rings.pause();
        vring.descriptors = channel.getLong(8);
        vring.device = channel.getLong(16);
        vring.driver = channel.getLong(24);
        vring.addressed = true;
    }

    private boolean stopRing() {
        channel.expect(8, 0);
        int index = channel.getInt(0);
        int position = rings.stop(rings.vring(index));
        channel.putInt(0, index);
        channel.putInt(4, position);
        channel.send(Request.GET_VRING_BASE, Request.VERSION | Request.REPLY, 8, List.of());
        return true;
    }

    private void ringEvent(int request) {
        if (channel.payloadBytes() != Long.BYTES) {
            throw new PeerFault("a ring event of %d bytes".formatted(channel.payloadBytes()));
        }
        long index = channel.getLong(0);
        boolean none = (index & Request.NO_HANDLE) != 0;
        channel.expect(Long.BYTES, none ? 0 : 1);
        Vring vring = rings.vring((int) index & Request.INDEX_MASK);
        if (none && request == Request.SET_VRING_KICK) {
            throw new PeerFault("wants a ring polled, which was not offered");
        }
        List<HostEvent> event = none ? List.of() : List.of(passing.event(channel.takeHandle()));
        switch (request) {
            case Request.SET_VRING_CALL -> rings.call(vring, event);
            case Request.SET_VRING_ERR -> {
                HostEvent old = vring.error;
                vring.error = event.isEmpty() ? null : event.getFirst();
                if (old != null) {
                    old.close();
                }
            }
            default -> {
                rings.pause();
                HostEvent old = vring.kick;
                vring.kick = event.getFirst();
                if (old != null) {
                    old.close();
                }
                // Without protocol features a ring that is started is enabled ("Ring states").
                vring.enabled |= (features & ProtocolFeature.PROTOCOL_FEATURES) == 0;
            }
        }
    }

    private int configLength() {
        if (channel.payloadBytes() < Request.CONFIG_HEADER_BYTES) {
            throw new PeerFault("a configuration message without a header");
        }
        int offset = channel.getInt(0);
        int length = channel.getInt(4);
        if (offset < 0 || length <= 0 || offset > Request.MAX_CONFIG_BYTES || length > Request.MAX_CONFIG_BYTES - offset) {
            throw new PeerFault("configuration bytes %d+%d".formatted(offset, length));
        }
        channel.expect(Request.CONFIG_HEADER_BYTES + length, 0);
        return length;
    }

    /// Answers what there is; behind the device's last field come zeroes, for a front-end that knows more fields than the device has.
    private boolean readConfig() {
        int length = configLength();
        int offset = channel.getInt(0);
        int end = device.traits().configSizeBytes();
        channel.putInt(0, offset);
        channel.putInt(4, length);
        channel.putInt(8, channel.getInt(8));
        for (int i = 0; i < length; i++) {
            channel.putByte(Request.CONFIG_HEADER_BYTES + i, offset + i < end ? (byte) device.readConfig(offset + i, 1) : 0);
        }
        channel.send(Request.GET_CONFIG, Request.VERSION | Request.REPLY, Request.CONFIG_HEADER_BYTES + length, List.of());
        return true;
    }

    private void writeConfig() {
        int length = configLength();
        int offset = channel.getInt(0);
        int end = Math.min(device.traits().configSizeBytes(), offset + length);
        for (int at = offset; at < end;) {
            int size = Math.min(LARGEST_CONFIG_WRITE, Integer.highestOneBit(end - at));
            size = at == 0 ? size : Math.min(size, Integer.lowestOneBit(at));
            long value = 0;
            for (int i = size - 1; i >= 0; i--) {
                value = value << 8 | Byte.toUnsignedLong(channel.getByte(Request.CONFIG_HEADER_BYTES + at - offset + i));
            }
            device.writeConfig(at, size, value);
            at += size;
        }
    }
}
