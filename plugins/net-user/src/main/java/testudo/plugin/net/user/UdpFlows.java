package testudo.plugin.net.user;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;

/// Datagrams: one socket of the host for each port the guest sends from. Under the stack's lock.
///
/// At most [#MOST_FLOWS]; the one that was used longest ago makes room for a new one. A flow ends after a minute of silence.
final class UdpFlows {
    static final int MOST_FLOWS = 512;
    /// A closed socket keeps its descriptor until the network's thread comes to it. So many may wait for that, then no new one is opened.
    static final int MOST_CLOSING = 64;
    private static final Logger LOG = LoggerFactory.getLogger(UdpFlows.class);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int LONGEST = 65_507;
    private static final int BUCKETS = 1024;
    private static final int IPV6 = 1 << 16;

    private final FrameWriter writer;
    private final Reach reach;
    private final Selector selector;
    private final Neighbours neighbours;
    private final int mtu;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST);
    private final MemorySegment bufferMemory = MemorySegment.ofBuffer(buffer);
    private final @Nullable UdpFlow[] buckets = new UdpFlow[BUCKETS];
    private int count;
    /// Sockets that were closed since the network's thread has last looked.
    private int closing;

    UdpFlows(FrameWriter writer, Reach reach, Selector selector, Neighbours neighbours, int mtu) {
        this.writer = writer;
        this.reach = reach;
        this.selector = selector;
        this.neighbours = neighbours;
        this.mtu = mtu;
    }

    Reach reach() {
        return reach;
    }

    /// What a datagram is in on its way.
    ByteBuffer buffer() {
        return buffer;
    }

    /// The memory of [#buffer()].
    MemorySegment memory() {
        return bufferMemory;
    }

    /// The low half of the guest's address behind the prefix, 0 as long as it is not known.
    long guestLow() {
        return neighbours.guestLow();
    }

    private static int key(boolean ipv6, int port) {
        return (ipv6 ? IPV6 : 0) | port;
    }

    private @Nullable UdpFlow find(int key) {
        UdpFlow flow = buckets[key % BUCKETS];
        while (flow != null && flow.key() != key) {
            flow = flow.following;
        }
        return flow;
    }

    private void put(UdpFlow flow) {
        flow.following = buckets[flow.key() % BUCKETS];
        buckets[flow.key() % BUCKETS] = flow;
        count++;
    }

    void remove(UdpFlow flow) {
        UdpFlow at = buckets[flow.key() % BUCKETS];
        if (at == flow) {
            buckets[flow.key() % BUCKETS] = flow.following;
            count--;
            return;
        }
        for (; at != null; at = at.following) {
            if (at.following == flow) {
                at.following = flow.following;
                count--;
                return;
            }
        }
    }

    private void forEach(Consumer<UdpFlow> action) {
        for (UdpFlow first : buckets) {
            for (UdpFlow flow = first; flow != null;) {
                UdpFlow next = flow.following; // the action may remove it
                action.accept(flow);
                flow = next;
            }
        }
    }

    /// Opens a forwarded port.
    void listen(Forward forward) {
        boolean ipv6 = forward.guestHigh() != 0;
        try {
            DatagramChannel channel = DatagramChannel.open();
            UdpFlow flow = new UdpFlow(this, channel, key(ipv6, forward.guestPort()), new UdpPeers());
            flow.guest(forward.guestHigh(), forward.guestLow(), forward.guestPort());
            UdpFlow other = find(flow.key());
            if (other != null) {
                throw new VmmException.Config("cannot forward %s: that port of the guest has a forward already".formatted(forward));
            }
            put(flow);
            channel.bind(forward.host()).configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, flow);
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.IO,
                    "cannot forward %s: %s; choose another port".formatted(forward, e.getMessage()), e);
        }
    }

    boolean fromGuest(IpPacket packet) {
        int lengthBytes = packet.lengthBytes() < UdpFlow.HEADER_BYTES ? 0 : packet.u16(4);
        boolean whole = lengthBytes >= UdpFlow.HEADER_BYTES && lengthBytes <= packet.lengthBytes()
                && lengthBytes - UdpFlow.HEADER_BYTES <= LONGEST;
        if (!whole || !Subnet.isGuest(packet.fromHigh(), packet.fromLow())) {
            return false;
        }
        int key = key(packet.isIpv6(), packet.u16(0));
        UdpFlow flow = find(key);
        if (flow == null && reach.destination(packet.toHigh(), packet.toLow(), packet.u16(2)) != null) {
            flow = open(key);
        }
        return flow != null && flow.send(packet);
    }

    private @Nullable UdpFlow open(int key) {
        if (closing >= MOST_CLOSING) {
            selector.wakeup();
            return null; // the datagram is lost, as on a wire that is too busy
        }
        if (count >= MOST_FLOWS) {
            evict();
        }
        try {
            DatagramChannel channel = DatagramChannel.open();
            channel.configureBlocking(false);
            UdpFlow flow = new UdpFlow(this, channel, key, null);
            channel.register(selector, SelectionKey.OP_READ, flow);
            selector.wakeup();
            put(flow);
            return flow;
        } catch (IOException e) {
            LOG.debug("network user: no socket for a datagram: {}", e.getMessage());
            return null;
        }
    }

    private void evict() {
        UdpFlow oldest = null;
        for (UdpFlow first : buckets) {
            for (UdpFlow flow = first; flow != null; flow = flow.following) {
                boolean older = oldest == null || flow.lastUse() - oldest.lastUse() < 0;
                oldest = older && !flow.isForwarded() ? flow : oldest;
            }
        }
        if (oldest != null) {
            oldest.fail();
            closing++;
        }
    }

    /// The network's thread has looked at the sockets: those that were closed before are gone, or are when it looks again, at once.
    void looked() {
        closing = 0;
    }

    /// Ends flows that nobody uses.
    void tick(long now) {
        if (count > 0) {
            forEach(flow -> {
                if (!flow.isForwarded() && now - flow.lastUse() > IDLE_NANOS) {
                    flow.fail();
                }
            });
        }
    }

    void close() {
        forEach(UdpFlow::fail);
    }

    /// Writes the datagram in the buffer to the guest, in fragments where it is longer than the MTU.
    /// @param ends from its peer to its guest
    void toGuest(Flow ends, int dataBytes) {
        int totalBytes = dataBytes + UdpFlow.HEADER_BYTES;
        int room = mtu - FrameWriter.headerBytes(ends.isIpv6());
        if (totalBytes <= room) {
            if (writer.begin(ends)) { // otherwise the ring is full: the datagram is lost, as on a wire
                header(ends, totalBytes, 0);
                MemorySegment.copy(bufferMemory, 0, writer.memory(), writer.payload() + UdpFlow.HEADER_BYTES, dataBytes);
                writer.finishUdp(totalBytes);
            }
            return;
        }
        int most = (ends.isIpv6() ? room - UdpFlow.HEADER_BYTES : room) & ~7;
        writer.newPacket();
        for (int done = 0; done < totalBytes; done += most) {
            int step = Math.min(most, totalBytes - done);
            if (!writer.begin(ends)) {
                return;
            }
            long at = writer.fragmentPayload();
            if (done == 0) {
                header(ends, totalBytes, at - writer.payload());
                MemorySegment.copy(bufferMemory, 0, writer.memory(), at + UdpFlow.HEADER_BYTES, step - UdpFlow.HEADER_BYTES);
                checksum(ends, at, totalBytes);
            } else {
                MemorySegment.copy(bufferMemory, done - UdpFlow.HEADER_BYTES, writer.memory(), at, step);
            }
            writer.finishFragment(step, done, done + step == totalBytes);
        }
    }

    private void header(Flow ends, int totalBytes, long behind) {
        long at = writer.payload() + behind;
        Bytes.put16(writer.memory(), at, ends.port());
        Bytes.put16(writer.memory(), at + 2, ends.guestPort());
        Bytes.put16(writer.memory(), at + 4, totalBytes);
        Bytes.put16(writer.memory(), at + 6, 0);
    }

    /// The checksum of a datagram that is cut, which is that of the whole. Over IPv4 there is none.
    private void checksum(Flow ends, long at, int totalBytes) {
        if (ends.isIpv6()) {
            long sum = Bytes.sum(writer.memory(), at, UdpFlow.HEADER_BYTES, writer.pseudo(FrameWriter.UDP, totalBytes));
            int value = Bytes.checksum(Bytes.sum(bufferMemory, 0, totalBytes - UdpFlow.HEADER_BYTES, sum));
            Bytes.put16(writer.memory(), at + 6, value == 0 ? 0xFFFF : value);
        }
    }
}
