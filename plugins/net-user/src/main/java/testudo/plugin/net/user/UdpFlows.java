package testudo.plugin.net.user;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;

/// Datagrams: one socket of the host for each port the guest sends from. Under the stack's lock.
///
/// At most [#MOST_FLOWS]; the one that was used longest ago makes room for a new one. A flow ends after a minute of silence.
final class UdpFlows {
    static final int MOST_FLOWS = 512;
    private static final Logger LOG = LoggerFactory.getLogger(UdpFlows.class);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int HEADER_BYTES = 8;
    private static final int LONGEST = 65_507;
    private static final int MOST_AT_ONCE = 64;

    private final FrameWriter writer;
    private final Reach reach;
    private final Selector selector;
    private final int mtu;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST);
    private final MemorySegment bufferMemory = MemorySegment.ofBuffer(buffer);
    private final Map<Integer, Flow> byPort = new LinkedHashMap<>(16, 0.75f, true);

    UdpFlows(FrameWriter writer, Reach reach, Selector selector, int mtu) {
        this.writer = writer;
        this.reach = reach;
        this.selector = selector;
        this.mtu = mtu;
    }

    /// Opens a forwarded port.
    void listen(Forward forward) {
        try {
            DatagramChannel channel = DatagramChannel.open();
            Flow flow = new Flow(channel, forward.guestPort(), true);
            byPort.put(forward.guestPort(), flow);
            channel.bind(forward.host()).configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, flow);
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO,
                    "cannot forward %s: %s; choose another port".formatted(forward, e.getMessage()), e);
        }
    }

    boolean fromGuest(IpPacket packet) {
        if (packet.lengthBytes() < HEADER_BYTES || packet.u16(4) < HEADER_BYTES || packet.u16(4) > packet.lengthBytes()) {
            return false;
        }
        int fromPort = packet.u16(0);
        InetSocketAddress to = reach.destination(packet.to(), packet.u16(2));
        Flow flow = byPort.get(fromPort);
        if (flow != null && flow.listener) {
            InetSocketAddress asked = flow.peerOf(packet.to(), packet.u16(2));
            to = asked == null ? to : asked;
        }
        if (to == null || packet.from() != Subnet.GUEST) {
            return false;
        }
        if (flow == null) {
            flow = open(fromPort);
        }
        if (flow == null) {
            return false;
        }
        flow.lastUse = System.nanoTime();
        buffer.clear().limit(packet.u16(4) - HEADER_BYTES);
        MemorySegment.copy(packet.memory(), packet.at() + HEADER_BYTES, bufferMemory, 0, buffer.limit());
        try {
            return flow.channel.send(buffer, to) > 0 || buffer.limit() == 0;
        } catch (IOException e) {
            LOG.debug("network user: a datagram to {} was not sent: {}", to, e.getMessage());
            return false;
        }
    }

    private @Nullable Flow open(int guestPort) {
        if (byPort.size() >= MOST_FLOWS) {
            evict();
        }
        try {
            DatagramChannel channel = DatagramChannel.open();
            channel.configureBlocking(false);
            Flow flow = new Flow(channel, guestPort, false);
            channel.register(selector, SelectionKey.OP_READ, flow);
            selector.wakeup();
            byPort.put(guestPort, flow);
            return flow;
        } catch (IOException e) {
            LOG.debug("network user: no socket for a datagram: {}", e.getMessage());
            return null;
        }
    }

    private void evict() {
        Iterator<Flow> oldest = byPort.values().iterator();
        while (oldest.hasNext()) {
            Flow flow = oldest.next();
            if (!flow.listener) {
                flow.end();
                oldest.remove();
                return;
            }
        }
    }

    void tick(long now) {
        Iterator<Flow> oldest = byPort.values().iterator();
        while (oldest.hasNext()) {
            Flow flow = oldest.next();
            if (!flow.listener && now - flow.lastUse > IDLE_NANOS) {
                flow.end();
                oldest.remove();
            }
        }
    }

    void close() {
        byPort.values().forEach(Flow::end);
        byPort.clear();
    }

    /// Writes a datagram to the guest, in fragments where it is longer than the MTU.
    private void toGuest(int from, int fromPort, int toPort, int dataBytes) {
        int left = dataBytes + HEADER_BYTES;
        int most = mtu - FrameWriter.IP_BYTES & ~7;
        int done = 0;
        writer.newPacket();
        while (left > 0) {
            int step = left <= mtu - FrameWriter.IP_BYTES ? left : most;
            if (!writer.begin()) {
                return; // the ring is full: the datagram is lost, as on a wire
            }
            long at = writer.payload();
            int header = done == 0 ? HEADER_BYTES : 0;
            if (header > 0) {
                Bytes.put16(writer.memory(), at, fromPort);
                Bytes.put16(writer.memory(), at + 2, toPort);
                Bytes.put16(writer.memory(), at + 4, dataBytes + HEADER_BYTES);
                Bytes.put16(writer.memory(), at + 6, 0); // no checksum: allowed over IPv4 (RFC 768)
            }
            MemorySegment.copy(
                    bufferMemory, done == 0 ? 0 : done - HEADER_BYTES, writer.memory(), at + header, step - header);
            if (step == left && done == 0) {
                writer.finish(FrameWriter.UDP, from, Subnet.GUEST, step);
            } else {
                writer.finishFragment(from, Subnet.GUEST, step, done, step == left);
            }
            done += step;
            left -= step;
        }
    }

    /// The datagrams of one port of the guest.
    private final class Flow implements HostTask {
        private static final int MOST_PEERS = 256;
        private final DatagramChannel channel;
        private final int guestPort;
        private final boolean listener;
        private final Map<Integer, InetSocketAddress> peers = new LinkedHashMap<>();
        private long lastUse = System.nanoTime();

        Flow(DatagramChannel channel, int guestPort, boolean listener) {
            this.channel = channel;
            this.guestPort = guestPort;
            this.listener = listener;
        }

        @Nullable
        InetSocketAddress peerOf(int address, int port) {
            return address == Subnet.GATEWAY ? peers.get(port) : null;
        }

        @Override
        public void ready(SelectionKey key) throws IOException {
            for (int i = 0; i < MOST_AT_ONCE; i++) {
                buffer.clear();
                if (!(channel.receive(buffer) instanceof InetSocketAddress from)) {
                    return;
                }
                lastUse = System.nanoTime();
                int address = listener ? Subnet.GATEWAY : reach.seenAs(from.getAddress());
                if (address == 0) {
                    continue;
                }
                if (listener) {
                    remember(from);
                }
                toGuest(address, from.getPort(), guestPort, buffer.position());
            }
        }

        private void remember(InetSocketAddress peer) {
            if (peers.size() >= MOST_PEERS) {
                peers.remove(peers.keySet().iterator().next());
            }
            peers.put(peer.getPort(), peer);
        }

        @Override
        public void fail() {
            byPort.remove(guestPort);
            end();
        }

        private void end() {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("network user: closing a socket: {}", e.getMessage());
            }
        }
    }
}
