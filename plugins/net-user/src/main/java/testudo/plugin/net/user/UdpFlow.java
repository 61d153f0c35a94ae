package testudo.plugin.net.user;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The datagrams of one port of the guest, in one family: a socket of the host. Under the stack's lock. Allocates for a new peer only.
final class UdpFlow implements HostTask {
    static final int HEADER_BYTES = 8;
    private static final Logger LOG = LoggerFactory.getLogger(UdpFlow.class);
    private static final int MOST_AT_ONCE = 64;

    private final UdpFlows all;
    private final DatagramChannel channel;
    private final int key;
    private final @Nullable UdpPeers peers;
    private final Flow ends = new Flow();
    private final Flow sentTo = new Flow();
    private @Nullable InetSocketAddress target;
    private @Nullable InetSocketAddress sender;
    private boolean senderKnown;
    private long lastUse = System.nanoTime();
    /// The next flow in the table that has the same hash.
    @Nullable UdpFlow following;

    /// @param peers of a forwarded port; null for one that the guest has opened
    UdpFlow(UdpFlows all, DatagramChannel channel, int key, @Nullable UdpPeers peers) {
        this.all = all;
        this.channel = channel;
        this.key = key;
        this.peers = peers;
    }

    int key() {
        return key;
    }

    boolean isForwarded() {
        return peers != null;
    }

    long lastUse() {
        return lastUse;
    }

    /// Where the guest is that a forwarded port leads to.
    void guest(long high, long low, int port) {
        ends.guest(high, low, port);
    }

    /// Sends a datagram of the guest.
    /// @return false when it may not go where it wants to, or the host refuses
    boolean send(IpPacket packet) {
        int port = packet.u16(2);
        InetSocketAddress to = null;
        if (peers != null && Subnet.isGateway(packet.toHigh(), packet.toLow())) {
            to = peers.at(port);
        }
        to = to == null ? target(packet, port) : to;
        if (to == null) {
            return false;
        }
        lastUse = System.nanoTime();
        if (ends.guestLow() != packet.fromLow() || ends.guestHigh() != packet.fromHigh()) {
            ends.guest(packet.fromHigh(), packet.fromLow(), packet.u16(0));
            sender = null;
        }
        all.buffer().clear().limit(packet.u16(4) - HEADER_BYTES);
        MemorySegment.copy(packet.memory(), packet.at() + (long) HEADER_BYTES, all.memory(), 0, all.buffer().limit());
        try {
            return channel.send(all.buffer(), to) > 0 || all.buffer().limit() == 0;
        } catch (IOException | RuntimeException e) { // a family that the host does not have comes as an unchecked exception
            LOG.debug("network user: a datagram to {} was not sent: {}", to, e.getMessage());
            return false;
        }
    }

    private @Nullable InetSocketAddress target(IpPacket packet, int port) {
        boolean same = sentTo.low() == packet.toLow() && sentTo.high() == packet.toHigh() && sentTo.port() == port;
        if (!same) {
            sentTo.peer(packet.toHigh(), packet.toLow(), port);
            target = all.reach().destination(packet.toHigh(), packet.toLow(), port);
        }
        return target;
    }

    @Override
    public void ready(SelectionKey ready) throws IOException {
        for (int i = 0; i < MOST_AT_ONCE; i++) {
            all.buffer().clear();
            if (!(channel.receive(all.buffer()) instanceof InetSocketAddress from)) {
                return;
            }
            lastUse = System.nanoTime();
            if (!from.equals(sender)) {
                sender = from;
                senderKnown = see(from);
            }
            if (senderKnown) {
                all.toGuest(ends, all.buffer().position());
            }
        }
    }

    private boolean see(InetSocketAddress from) {
        if (peers == null) {
            return all.reach().seenAs(from, ends);
        }
        if (ends.guestHigh() != 0 && ends.guestLow() == 0) {
            ends.guest(Subnet.PREFIX, all.guestLow(), ends.guestPort());
            if (ends.guestLow() == 0) {
                sender = null; // asked again with the next: the guest has no address yet
                return false;
            }
        }
        int port = peers.port(from);
        if (ends.isIpv6()) {
            ends.peer(Subnet.PREFIX, Subnet.GATEWAY_LOW, port);
        } else {
            ends.peer(0, Subnet.mapped(Subnet.GATEWAY), port);
        }
        return true;
    }

    @Override
    public void fail() {
        all.remove(this);
        end();
    }

    void end() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("network user: closing a socket: {}", e.getMessage());
        }
    }
}
