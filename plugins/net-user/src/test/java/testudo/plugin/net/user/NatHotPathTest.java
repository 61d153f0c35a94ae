package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import testudo.testing.driver.AllocatedBytes;

/// Nothing is allocated for a packet of the guest that belongs to something known, and for what comes back.
class NatHotPathTest {
    private static final int PORT = 40_000;
    private static final int FIRST = 1_000;
    private static final int ROUNDS = 2_000;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void segmentsOfTheGuest(boolean ipv6) throws IOException {
        InetAddress loopback = InetAddress.ofLiteral(ipv6 ? "::1" : "127.0.0.1");
        try (TestGuest guest = new TestGuest(false, true); ServerSocket server = new ServerSocket(0, 1, loopback)) {
            guest.ipv6 = ipv6;
            int port = server.getLocalPort();
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST, 0, TcpConnections.SYN, new byte[0]);
            TcpSegment syn = guest.receiveTcp();
            assertNotNull(syn);
            int theirs = syn.sequence() + 1;
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, theirs, TcpConnections.ACK, new byte[0]);
            try (Socket peer = server.accept()) {
                Thread reader = Thread.ofPlatform().daemon().start(() -> drain(peer));
                int sequenceAt = testudo.spi.net.NetworkLink.HEADER_BYTES + 14 + (ipv6 ? 40 : 20) + 4;
                guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, theirs, TcpConnections.ACK, new byte[1000]);
                int[] sequence = {FIRST + 1001};
                long allocated = AllocatedBytes.of(() -> {
                    for (int i = 0; i < ROUNDS; i++) {
                        Bytes.put32(guest.out(), sequenceAt, sequence[0]);
                        assertTrue(guest.link.send(guest.out(), guest.outBytes()));
                        while (guest.link.receive(guest.in) > 0) {
                            int acknowledgment = Bytes.u32(guest.in, sequenceAt + 4L);
                            sequence[0] = acknowledgment - sequence[0] > 0 ? acknowledgment : sequence[0];
                        }
                    }
                });
                assertEquals(0, allocated);
                assertTrue(sequence[0] > FIRST + 1001, "some were taken");
                peer.shutdownInput();
                assertTrue(reader.isDaemon());
            }
        }
    }

    private static void drain(Socket peer) {
        byte[] piece = new byte[1 << 16];
        try {
            while (peer.getInputStream().read(piece) >= 0) {
                continue;
            }
        } catch (IOException e) {
            return; // the test is over
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void datagramsOfTheGuest(boolean ipv6) throws IOException {
        InetAddress loopback = InetAddress.ofLiteral(ipv6 ? "::1" : "127.0.0.1");
        try (TestGuest guest = new TestGuest(false, true); DatagramSocket peer = new DatagramSocket(0, loopback)) {
            guest.ipv6 = ipv6;
            assertTrue(guest.sendUdp(PORT, Subnet.GATEWAY, peer.getLocalPort(), new byte[100]));
            assertEquals(0, AllocatedBytes.of(() -> {
                for (int i = 0; i < ROUNDS; i++) {
                    assertTrue(guest.link.send(guest.out(), guest.outBytes()));
                }
            }));
        }
    }
}
