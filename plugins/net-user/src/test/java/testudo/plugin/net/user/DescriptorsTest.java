package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a guest can make the network open, however late the network's thread comes to what was closed: here not at all.
@Timeout(60)
class DescriptorsTest {
    /// Descriptors of other tests may be closed meanwhile, never more opened but a few of the JVM.
    private static final int ROOM = 20;

    @Test
    void ofDatagrams() throws IOException {
        try (TestGuest guest = new TestGuest(false, true);
                DatagramSocket peer = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            BooleanSupplier again = () -> guest.sendUdp(1, Subnet.GATEWAY, peer.getLocalPort(), new byte[1]);
            long more = opened(guest, () -> {
                for (int i = 0; i < UdpFlows.MOST_FLOWS * 2; i++) {
                    boolean sent = guest.sendUdp(1 + i, Subnet.GATEWAY, peer.getLocalPort(), new byte[1]);
                    assertTrue(sent || i >= UdpFlows.MOST_FLOWS, "datagram " + i);
                }
            });
            assertTrue(more >= UdpFlows.MOST_FLOWS / 2, more + " descriptors");
            assertTrue(more < UdpFlows.MOST_FLOWS + UdpFlows.MOST_CLOSING + ROOM, more + " descriptors");
            assertTrue(eventually(again), "a datagram after the flood");
        }
    }

    /// Connections that are opened and reset, one after the other.
    @Test
    void ofConnections() throws IOException {
        try (TestGuest guest = new TestGuest(false, true); ServerSocket peer = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            long more = opened(guest, () -> {
                for (int i = 0; i < TcpConnections.MOST_CLOSING * 2; i++) {
                    segment(guest, 1 + i, peer.getLocalPort(), TcpConnections.SYN, 0);
                    segment(guest, 1 + i, peer.getLocalPort(), TcpConnections.RST, 1);
                }
            });
            assertTrue(more >= TcpConnections.MOST_CLOSING / 2, more + " descriptors");
            assertTrue(more < TcpConnections.MOST_CLOSING + ROOM, more + " descriptors");
        }
    }

    private static void segment(TestGuest guest, int from, int to, int flags, int sequence) {
        byte[] payload = new byte[20];
        MemorySegment bytes = MemorySegment.ofArray(payload);
        Bytes.put16(bytes, 0, from);
        Bytes.put16(bytes, 2, to);
        Bytes.put32(bytes, 4, sequence);
        Bytes.put16(bytes, 12, 5 << 12 | flags);
        Bytes.put16(bytes, 14, 0xFFFF);
        guest.sendIp(6, Subnet.GUEST, Subnet.GATEWAY, payload);
    }

    /// How many descriptors work leaves open while the network's thread waits.
    private static long opened(TestGuest guest, Runnable work) {
        long before = descriptors();
        guest.link.stack.lock.lock();
        try {
            work.run();
            return descriptors() - before;
        } finally {
            guest.link.stack.lock.unlock();
        }
    }

    private static boolean eventually(BooleanSupplier condition) {
        for (int tries = 0; tries < 10_000; tries++) {
            if (condition.getAsBoolean()) {
                return true;
            }
            LockSupport.parkNanos(1_000_000);
        }
        return false;
    }

    private static long descriptors() {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.count();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
