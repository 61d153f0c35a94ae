package testudo.plugin.net.user;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.net.NetworkLink;

/// The network between guest and host: sorts the guest's frames, waits for the host's sockets and for time.
final class Stack {
    private static final Logger LOG = LoggerFactory.getLogger(Stack.class);
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final int TYPE_ARP = 0x0806;
    private static final int ETHERNET_AT = NetworkLink.HEADER_BYTES;
    private static final int IP_AT = ETHERNET_AT + FrameWriter.ETHERNET_BYTES;

    final ReentrantLock lock = new ReentrantLock();
    private final FrameWriter writer;
    private final Selector selector;
    private final Thread thread;
    private final IpPacket packet = new IpPacket();
    private final Fragments fragments;
    private final LocalServices services;
    private final Neighbours neighbours;
    private final UdpFlows datagrams;
    private final TcpConnections connections;
    private final Consumer<SelectionKey> ready = this::ready;
    private long ticked = System.nanoTime();
    private volatile boolean closing;
    private volatile boolean roomAgain;

    /// @param arena what waits is kept there; closed after the stack
    Stack(FrameWriter writer, Reach reach, int mtu, boolean hasNameServer, Arena arena) {
        this.writer = writer;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.EXHAUSTED, "cannot open a selector [network user]: " + e.getMessage(), e);
        }
        fragments = new Fragments(arena);
        services = new LocalServices(writer, mtu, hasNameServer);
        neighbours = new Neighbours(writer, mtu, hasNameServer);
        datagrams = new UdpFlows(writer, reach, selector, neighbours, mtu);
        connections = new TcpConnections(
                packet, writer, reach, selector, neighbours, new TcpConnections.Sizes(mtu, new BufferPool(arena)));
        thread = Thread.ofPlatform().name("net-user").daemon(true).unstarted(this::loop);
        connections.servedBy(thread);
    }

    /// Opens the forwarded ports and starts the thread.
    /// @throws VmmException.Host when a port is taken
    void start(List<Forward> forwards) {
        try {
            for (Forward forward : forwards) {
                if (forward.tcp()) {
                    connections.listen(forward);
                } else {
                    datagrams.listen(forward);
                }
            }
        } catch (VmmException failure) {
            closeSelector();
            throw failure;
        }
        thread.start();
    }

    /// What the guest can do itself.
    /// @param checksums sum
    /// @param segments4 cut long TCP segments over IPv4
    /// @param segments6 and over IPv6
    void agree(boolean checksums, boolean segments4, boolean segments6) {
        lock.lock();
        try {
            writer.offloadChecksum(checksums);
            connections.longSegments(checksums && segments4, checksums && segments6);
        } finally {
            lock.unlock();
        }
    }

    /// The guest has taken frames. Cheap when nothing waits for that.
    void roomAgain() {
        if (writer.takeRefused()) {
            roomAgain = true;
            selector.wakeup();
        }
    }

    /// A frame of the guest.
    /// @return false when it was dropped
    boolean fromGuest(MemorySegment frame, int lengthBytes) {
        lock.lock();
        try {
            if (closing || lengthBytes < IP_AT) {
                return false;
            }
            writer.guest(Bytes.u48(frame, ETHERNET_AT + 6));
            if (Bytes.u16(frame, ETHERNET_AT + 12) == TYPE_ARP) {
                return services.arp(frame, IP_AT, lengthBytes);
            }
            return packet.read(frame, lengthBytes) && fromGuest();
        } finally {
            lock.unlock();
        }
    }

    private boolean fromGuest() {
        if (packet.isFragment() && !fragments.add(packet, System.nanoTime())) {
            return false;
        }
        neighbours.seen(packet);
        return switch (packet.protocol()) {
            case FrameWriter.ICMP -> !packet.isIpv6() && services.echo(packet);
            case FrameWriter.ICMPV6 -> packet.isIpv6() && (neighbours.solicited(packet, System.nanoTime()) || services.echo(packet));
            case FrameWriter.UDP -> services.dhcp(packet) || datagrams.fromGuest(packet);
            case FrameWriter.TCP -> connections.fromGuest();
            default -> false;
        };
    }

    private void loop() {
        try {
            while (!closing) {
                try {
                    selector.select(ready, connections.patienceMillis());
                    if (!lock.isHeldByCurrentThread()) {
                        lock.lock();
                    }
                    turn(System.nanoTime());
                } finally {
                    if (lock.isHeldByCurrentThread()) {
                        lock.unlock();
                    }
                }
            }
        } catch (ClosedSelectorException e) {
            LOG.trace("network user: closed", e);
        } catch (IOException e) {
            LOG.error("network user: stopped, the guest is cut off: {}", e.getMessage());
        }
    }

    /// A socket is ready: the first of a turn takes the lock for all.
    private void ready(SelectionKey key) {
        if (!lock.isHeldByCurrentThread()) {
            lock.lock();
        }
        HostTask task = (HostTask) key.attachment();
        try {
            if (key.isValid()) {
                task.ready(key);
            }
        } catch (IOException | CancelledKeyException e) {
            LOG.debug("network user: a socket ended: {}", e.getMessage());
            task.fail();
        }
    }

    private void turn(long now) {
        connections.looked();
        datagrams.looked();
        if (now - ticked >= TICK_NANOS) {
            ticked = now;
            connections.tick(now);
            datagrams.tick(now);
            neighbours.tick(now);
        }
        if (roomAgain) {
            roomAgain = false;
            connections.pump();
        }
    }

    void close() {
        lock.lock();
        try {
            closing = true;
            connections.close();
            datagrams.close();
        } finally {
            lock.unlock();
        }
        closeSelector();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeSelector() {
        try {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
