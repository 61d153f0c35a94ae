package testudo.plugin.net.user;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.net.NetworkLink;

/// The network between guest and host: sorts the guest's frames, waits for the host's sockets and for time.
final class Stack {
    private static final Logger LOG = LoggerFactory.getLogger(Stack.class);
    private static final long TICK_MILLIS = 50;
    private static final int TYPE_IP = 0x0800;
    private static final int TYPE_ARP = 0x0806;
    private static final int ETHERNET_AT = NetworkLink.HEADER_BYTES;
    private static final int IP_AT = ETHERNET_AT + FrameWriter.ETHERNET_BYTES;
    private static final int FRAGMENT_BITS = 0x3FFF;

    private final ReentrantLock lock = new ReentrantLock();
    private final FrameWriter writer;
    private final Selector selector;
    private final Thread thread;
    private final LocalServices services;
    private final UdpFlows datagrams;
    private final TcpConnections connections;
    private volatile boolean closing;
    private volatile boolean roomAgain;

    Stack(FrameWriter writer, Reach reach, int mtu, boolean hasNameServer) {
        this.writer = writer;
        try {
            selector = Selector.open();
        } catch (IOException e) {
            throw new VmmException.Host(VmmException.Kind.EXHAUSTED, "cannot open a selector [network user]: " + e.getMessage(), e);
        }
        services = new LocalServices(writer, mtu, hasNameServer);
        datagrams = new UdpFlows(writer, reach, selector, mtu);
        connections = new TcpConnections(writer, reach, selector, mtu);
        thread = Thread.ofPlatform().name("net-user").daemon(true).unstarted(this::loop);
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
        } catch (VmmException.Host failure) {
            closeSelector();
            throw failure;
        }
        thread.start();
    }

    void agree(boolean checksums, boolean segments) {
        lock.lock();
        try {
            writer.offloadChecksum(checksums);
            connections.longSegments(checksums && segments);
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
            int type = Bytes.u16(frame, ETHERNET_AT + 12);
            if (type == TYPE_ARP) {
                return services.arp(frame, IP_AT, lengthBytes);
            }
            return type == TYPE_IP && fromGuestIp(frame, lengthBytes);
        } finally {
            lock.unlock();
        }
    }

    private boolean fromGuestIp(MemorySegment frame, int lengthBytes) {
        if (lengthBytes < IP_AT + FrameWriter.IP_BYTES || Bytes.u8(frame, IP_AT) >>> 4 != 4) {
            return false;
        }
        int headerBytes = (Bytes.u8(frame, IP_AT) & 0xF) * 4;
        int totalBytes = Bytes.u16(frame, IP_AT + 2);
        boolean broken = headerBytes < FrameWriter.IP_BYTES || totalBytes < headerBytes || IP_AT + totalBytes > lengthBytes;
        if (broken || (Bytes.u16(frame, IP_AT + 6) & FRAGMENT_BITS) != 0) {
            return false; // fragments are not put together
        }
        IpPacket packet = new IpPacket(
                frame, IP_AT + headerBytes, totalBytes - headerBytes, Bytes.u32(frame, IP_AT + 12), Bytes.u32(frame, IP_AT + 16));
        return switch (Bytes.u8(frame, IP_AT + 9)) {
            case FrameWriter.ICMP -> services.icmp(packet);
            case FrameWriter.UDP -> services.dhcp(packet) || datagrams.fromGuest(packet);
            case FrameWriter.TCP -> connections.fromGuest(packet);
            default -> false;
        };
    }

    private void loop() {
        try {
            while (!closing) {
                selector.select(connections.wantsTime() ? TICK_MILLIS : 1000);
                lock.lock();
                try {
                    turn();
                } finally {
                    lock.unlock();
                }
            }
        } catch (ClosedSelectorException e) {
            LOG.trace("network user: closed", e);
        } catch (IOException e) {
            LOG.error("network user: stopped, the guest is cut off: {}", e.getMessage());
        }
    }

    private void turn() {
        for (SelectionKey key : selector.selectedKeys()) {
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
        selector.selectedKeys().clear();
        long now = System.nanoTime();
        connections.tick(now);
        datagrams.tick(now);
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
