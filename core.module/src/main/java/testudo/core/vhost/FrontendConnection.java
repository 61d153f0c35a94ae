package testudo.core.vhost;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.host.HandlePassing;
import testudo.spi.host.HostHandle;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets.Kind;
import testudo.spi.host.LocalSocket;
import testudo.spi.host.Poller;

/// A front-end's connection to a back-end: requests, and waiting for their answers with a time limit. One thread at a time.
final class FrontendConnection implements AutoCloseable {
    private static final long ANSWER_NANOS = 30_000_000_000L;
    private static final long WANTED = ProtocolFeature.MQ | ProtocolFeature.REPLY_ACK | ProtocolFeature.BACKEND_REQ
            | ProtocolFeature.CONFIG | ProtocolFeature.INFLIGHT_SHMFD | ProtocolFeature.RESET_DEVICE | ProtocolFeature.STATUS;

    /// Requests of the back-end that are taken at once: one that never stops asking must not keep the loop from its other devices.
    private static final int REQUESTS_AT_ONCE = 16;
    /// `avail.idx` has 16 bits; packed rings are not offered.
    private static final int POSITION_MASK = 0xFFFF;

    private final MessageChannel channel;
    private final HostPlatform host;
    private final HandlePassing passing;
    private final Poller poller;
    private long features;
    private long protocolFeatures;
    private @Nullable MessageChannel backendRequests;

    /// Takes ownership of a connection and negotiates what can be negotiated before a driver is there.
    /// @throws PeerFault when the back-end does not answer as it should
    FrontendConnection(LocalSocket socket, HostPlatform host, HandlePassing passing) {
        this.host = host;
        this.passing = passing;
        channel = new MessageChannel(socket, passing);
        poller = host.events().newPoller();
        boolean done = false;
        try {
            poller.add(socket, 0, Poller.READABLE);
            negotiate();
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private void negotiate() {
        tell(Request.SET_OWNER, 0);
        features = ask(Request.GET_FEATURES);
        if (!has(ProtocolFeature.PROTOCOL_FEATURES)) {
            return;
        }
        protocolFeatures = ask(Request.GET_PROTOCOL_FEATURES) & WANTED;
        channel.putLong(0, protocolFeatures);
        tell(Request.SET_PROTOCOL_FEATURES, Long.BYTES);
        if (speaks(ProtocolFeature.BACKEND_REQ)) {
            List<LocalSocket> pair = passing.pair(Kind.STREAM);
            backendRequests = new MessageChannel(pair.get(0), passing);
            try (LocalSocket theirs = pair.get(1)) {
                tell(Request.SET_BACKEND_REQ_FD, 0, theirs);
            }
        }
    }

    /// The features that the back-end offers.
    long features() {
        return features;
    }

    boolean has(long feature) {
        return (features & feature) != 0;
    }

    /// Whether both sides speak a protocol feature.
    boolean speaks(long feature) {
        return (protocolFeatures & feature) != 0;
    }

    /// The connection, for noticing its end.
    LocalSocket socket() {
        return channel.socket();
    }

    /// Where the back-end's own requests come from.
    Optional<LocalSocket> requestSocket() {
        return Optional.ofNullable(backendRequests).map(MessageChannel::socket);
    }

    /// Takes the back-end's requests, a bounded number of them; what is left keeps the socket readable.
    /// @return whether it said that configuration space has changed
    /// @throws PeerFault for a request that makes no sense
    boolean takeRequests() {
        MessageChannel requests = backendRequests;
        boolean changed = false;
        for (int taken = 0; requests != null && taken < REQUESTS_AT_ONCE
                && requests.receive() == MessageChannel.Progress.MESSAGE; taken++) {
            boolean known = requests.request() == Request.BACKEND_CONFIG_CHANGE;
            if (known) {
                requests.expect(0, 0);
                changed = true;
            }
            if ((requests.flags() & Request.NEED_REPLY) != 0) {
                requests.putLong(0, known ? 0 : 1);
                requests.send(requests.request(), Request.VERSION | Request.REPLY, Long.BYTES, List.of());
            }
            requests.done();
        }
        return changed;
    }

    void putInt(int offset, int value) {
        channel.putInt(offset, value);
    }

    void putLong(int offset, long value) {
        channel.putLong(offset, value);
    }

    void putByte(int offset, byte value) {
        channel.putByte(offset, value);
    }

    /// Sends a request without an answer, with the payload that was put; waits for the acknowledgement where there is one.
    /// @throws PeerFault when the back-end has gone or refuses
    void tell(int request, int payload, HostHandle... handles) {
        boolean acknowledged = speaks(ProtocolFeature.REPLY_ACK);
        channel.send(request, acknowledged ? Request.VERSION | Request.NEED_REPLY : Request.VERSION, payload, List.of(handles));
        if (acknowledged) {
            answer(request);
            channel.expect(Long.BYTES, 0);
            long refused = channel.getLong(0);
            channel.done();
            if (refused != 0) {
                throw new PeerFault("the back-end refuses request %d".formatted(request));
            }
        }
    }

    /// Asks for a number.
    long ask(int request) {
        channel.send(request, Request.VERSION, 0, List.of());
        answer(request);
        channel.expect(Long.BYTES, 0);
        long value = channel.getLong(0);
        channel.done();
        return value;
    }

    /// Asks for memory in which the back-end notes what it has under way.
    /// @param numbers number of rings and, in the upper half, their size
    /// @return what it has made; null when it will note nothing
    KeptInflight.@Nullable Kept askInflight(int numbers) {
        channel.putLong(0, 0);
        channel.putLong(8, 0);
        channel.putInt(16, numbers);
        channel.putInt(20, 0);
        channel.send(Request.GET_INFLIGHT_FD, Request.VERSION, InflightMemory.PAYLOAD_BYTES, List.of());
        answer(Request.GET_INFLIGHT_FD);
        boolean made = channel.hasHandle();
        InflightMemory.expect(channel, made ? 1 : 0);
        long sizeBytes = channel.getLong(0);
        if (made != (sizeBytes != 0)) {
            throw new PeerFault("%d bytes for the chains under way, %s a handle".formatted(sizeBytes, made ? "with" : "without"));
        }
        KeptInflight.Kept kept = made ? new KeptInflight.Kept(channel.takeHandle(), sizeBytes, channel.getLong(8), numbers) : null;
        channel.done();
        return kept;
    }

    /// Stops a ring.
    /// @return where it stands, 0 to 65535
    /// @throws PeerFault when the answer is about another ring, or names a place that no split ring has
    int stopRing(int index) {
        channel.putInt(0, index);
        channel.putInt(4, 0);
        channel.send(Request.GET_VRING_BASE, Request.VERSION, 8, List.of());
        answer(Request.GET_VRING_BASE);
        channel.expect(8, 0);
        int answered = channel.getInt(0);
        int position = channel.getInt(4);
        channel.done();
        if (answered != index || (position & ~POSITION_MASK) != 0) {
            throw new PeerFault("ring %d: the answer is ring %d at 0x%x".formatted(index, answered, position));
        }
        return position;
    }

    /// Reads configuration space. Asks for everything before it, too: there are back-ends that ignore the offset.
    /// @return the value, or -1 when the back-end has nothing there
    long readConfig(int offset, int sizeBytes) {
        int length = offset + sizeBytes;
        channel.putInt(0, 0);
        channel.putInt(4, length);
        channel.putInt(8, 0);
        for (int i = 0; i < length; i++) {
            channel.putByte(Request.CONFIG_HEADER_BYTES + i, (byte) 0);
        }
        channel.send(Request.GET_CONFIG, Request.VERSION, Request.CONFIG_HEADER_BYTES + length, List.of());
        answer(Request.GET_CONFIG);
        long value = -1;
        if (channel.payloadBytes() != 0) { // nothing there
            channel.expect(Request.CONFIG_HEADER_BYTES + length, 0);
            value = 0;
            for (int i = length - 1; i >= offset; i--) {
                value = value << 8 | Byte.toUnsignedLong(channel.getByte(Request.CONFIG_HEADER_BYTES + i));
            }
        }
        channel.done();
        return value;
    }

    private void answer(int request) {
        long end = host.events().monotonicNanos() + ANSWER_NANOS;
        while (true) {
            MessageChannel.Progress progress = channel.receive();
            if (progress == MessageChannel.Progress.MESSAGE) {
                if (channel.request() != request || (channel.flags() & Request.REPLY) == 0) {
                    throw new PeerFault("message %d instead of the answer to %d".formatted(channel.request(), request));
                }
                return;
            }
            long left = end - host.events().monotonicNanos();
            if (progress == MessageChannel.Progress.CLOSED || left <= 0) {
                throw new PeerFault(left <= 0 ? "no answer to request " + request : "the back-end has gone");
            }
            poller.await(left);
        }
    }

    @Override
    public void close() {
        poller.remove(channel.socket());
        poller.close();
        channel.close();
        MessageChannel requests = backendRequests;
        if (requests != null) {
            requests.close();
        }
    }
}
