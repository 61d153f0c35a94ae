package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static testudo.plugin.net.user.TcpConnections.ACK;
import static testudo.plugin.net.user.TcpConnections.FIN;
import static testudo.plugin.net.user.TcpConnections.RST;
import static testudo.plugin.net.user.TcpConnections.SYN;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/// Connections of a guest to a real socket of this host, and back, over both families.
@ParameterizedClass
@ValueSource(booleans = {false, true})
class TcpTest {
    private static final byte[] NOTHING = {};
    private static final int PORT = 40_000;
    private static final int FIRST = 1_000;

    @Parameter boolean ipv6;

    private InetAddress loopback() {
        return InetAddress.ofLiteral(ipv6 ? "::1" : "127.0.0.1");
    }

    private ServerSocket server() throws IOException {
        return new ServerSocket(0, 10, loopback());
    }

    private TestGuest guest(boolean restrict, boolean hostAccess, String... forwards) {
        TestGuest guest = new TestGuest(restrict, hostAccess, forwards);
        guest.ipv6 = ipv6;
        return guest;
    }

    private static byte[] data(TcpSegment segment) {
        return segment.packet().memory().asSlice(segment.dataAt(), segment.dataBytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    /// Opens a connection.
    /// @return the host's first sequence number + 1
    private static int open(TestGuest guest, int port) {
        guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST, 0, SYN, NOTHING);
        TcpSegment answer = present(guest.receiveTcp());
        assertTrue(answer.has(SYN) && answer.has(ACK));
        assertEquals(FIRST + 1, answer.acknowledgment());
        assertTrue(guest.checksumsRight());
        int next = answer.sequence() + 1;
        guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, next, ACK, NOTHING);
        return next;
    }

    private static <T> T present(T value) {
        assertNotNull(value);
        return value;
    }

    @Test
    void dataFlowsBothWaysAndBothEndsClose() throws IOException {
        try (TestGuest guest = guest(false, true); ServerSocket server = server()) {
            int port = server.getLocalPort();
            int next = open(guest, port);
            try (Socket peer = server.accept()) {
                byte[] hello = "hello".getBytes(StandardCharsets.US_ASCII);
                guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, next, ACK, hello);
                assertArrayEquals(hello, peer.getInputStream().readNBytes(5));
                TcpSegment ack = present(guest.receiveTcp());
                assertEquals(FIRST + 6, ack.acknowledgment());

                peer.getOutputStream().write("world".getBytes(StandardCharsets.US_ASCII));
                TcpSegment world = present(guest.receiveTcp());
                assertEquals("world", new String(data(world), StandardCharsets.US_ASCII));
                assertTrue(guest.checksumsRight());
                guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 6, next + 5, ACK | FIN, NOTHING);
                assertEquals(-1, peer.getInputStream().read());
                assertEquals(FIRST + 7, present(guest.receiveTcp()).acknowledgment());
            }
            TcpSegment fin = present(guest.receiveTcp());
            assertTrue(fin.has(FIN));
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 7, next + 6, ACK, NOTHING);
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 7, next + 6, ACK, NOTHING);
            assertTrue(present(guest.receiveTcp()).has(RST), "the connection is forgotten");
        }
    }

    @Test
    void closedPortIsReset() throws IOException {
        int port;
        try (ServerSocket server = server()) {
            port = server.getLocalPort();
        }
        try (TestGuest guest = guest(false, true)) {
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST, 0, SYN, NOTHING);
            TcpSegment answer = present(guest.receiveTcp());
            assertTrue(answer.has(RST));
            assertEquals(FIRST + 1, answer.acknowledgment());
        }
    }

    @Test
    void hostIsOutOfReachUnlessTheUserSaysSo() throws IOException {
        try (TestGuest guest = guest(false, false); ServerSocket server = server()) {
            int[] ways = ipv6 ? new int[]{Subnet.GATEWAY} : new int[]{Subnet.GATEWAY, 0x7F00_0001, 0x0000_0001, 0xA9FE_A9FE};
            for (int address : ways) {
                guest.sendTcp(PORT, address, server.getLocalPort(), FIRST, 0, SYN, NOTHING);
                assertTrue(present(guest.receiveTcp()).has(RST));
            }
        }
    }

    @Test
    void lostDataIsSentAgain() throws IOException {
        try (TestGuest guest = guest(false, true); ServerSocket server = server()) {
            int next = open(guest, server.getLocalPort());
            try (Socket peer = server.accept()) {
                peer.getOutputStream().write(7);
                TcpSegment lost = present(guest.receiveTcp());
                int sequence = lost.sequence();
                TcpSegment again = present(guest.receiveTcp());
                assertEquals(sequence, again.sequence());
                assertEquals(next, again.sequence());
                assertEquals(1, again.dataBytes());
            }
        }
    }

    /// More than all buffers hold, to a guest that loses every 50th segment and takes its time.
    @Test
    void longTransferArrivesWhole() throws Exception {
        byte[] sent = new byte[3 << 20];
        new Random(1).nextBytes(sent);
        try (TestGuest guest = guest(false, true); ServerSocket server = server()) {
            int port = server.getLocalPort();
            int expected = open(guest, port);
            Thread writer = Thread.startVirtualThread(() -> {
                try (Socket peer = server.accept()) {
                    peer.getOutputStream().write(sent);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            ByteArrayOutputStream received = new ByteArrayOutputStream();
            int count = 0;
            for (TcpSegment segment = guest.receiveTcp(); segment != null; segment = guest.receiveTcp()) {
                if (++count % 50 == 0) {
                    continue;
                }
                if (segment.sequence() == expected) {
                    received.write(data(segment));
                    expected += segment.dataBytes() + (segment.has(FIN) ? 1 : 0);
                }
                guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, expected, ACK, NOTHING);
                if (segment.has(FIN) && segment.nextSequence() == expected) {
                    break;
                }
            }
            writer.join();
            assertArrayEquals(sent, received.toByteArray());
        }
    }

    /// A host that does not read: the guest is told to wait, and nothing is lost when it goes on.
    @Test
    void hostThatDoesNotReadShutsTheWindow() throws IOException {
        byte[] piece = new byte[1400];
        try (TestGuest guest = guest(false, true); ServerSocket server = server()) {
            int port = server.getLocalPort();
            int next = open(guest, port);
            try (Socket peer = server.accept()) {
                int sequence = FIRST + 1;
                boolean shut = false;
                for (int i = 0; i < 100_000 && !shut; i++) {
                    guest.sendTcp(PORT, Subnet.GATEWAY, port, sequence, next, ACK, piece);
                    TcpSegment ack = present(guest.receiveTcp());
                    sequence = ack.acknowledgment();
                    shut = ack.window() == 0;
                }
                assertTrue(shut, "the window stays open");
                long read = peer.getInputStream().readNBytes(sequence - FIRST - 1).length;
                assertEquals(sequence - FIRST - 1, read);
                assertTrue(present(guest.receiveTcp()).window() > 0, "the window opens again");
            }
        }
    }

    /// What a guest sends within its window is kept although the host's socket is full: nothing has to be sent twice.
    @Test
    void nothingWithinTheWindowIsLost() throws IOException {
        byte[] piece = new byte[1400];
        try (TestGuest guest = guest(false, true); ServerSocket server = server()) {
            int port = server.getLocalPort();
            int next = open(guest, port);
            try (Socket peer = server.accept()) {
                int sequence = FIRST + 1;
                int edge = sequence + piece.length;
                for (boolean shut = false; !shut;) {
                    guest.sendTcp(PORT, Subnet.GATEWAY, port, sequence, next, ACK, piece);
                    TcpSegment ack = present(guest.receiveTcp());
                    assertEquals(sequence + piece.length, ack.acknowledgment());
                    sequence = ack.acknowledgment();
                    edge = sequence + (ack.window() << TcpSegment.WINDOW_SCALE);
                    shut = edge - sequence < piece.length;
                }
                assertEquals(sequence - FIRST - 1, peer.getInputStream().readNBytes(sequence - FIRST - 1).length);
            }
        }
    }

    /// Twice as many connections with something to read as there is memory for: those that got none get theirs when others are done.
    @Test
    void connectionsShareMemoryAndAllGetTheirTurn() throws IOException {
        int count = BufferPool.MOST + 64;
        try (TestGuest guest = guest(false, true); ServerSocket server = new ServerSocket(0, count, loopback())) {
            int port = server.getLocalPort();
            int[] next = new int[count];
            Socket[] peers = new Socket[count];
            for (int i = 0; i < count; i++) {
                guest.sendTcp(PORT + i, Subnet.GATEWAY, port, FIRST, 0, SYN, NOTHING);
                TcpSegment answer = present(guest.receiveTcp());
                while (!answer.has(SYN) || answer.packet().u16(2) != PORT + i) { // on a busy machine something is sent twice
                    answer = present(guest.receiveTcp());
                }
                next[i] = answer.sequence() + 1;
                guest.sendTcp(PORT + i, Subnet.GATEWAY, port, FIRST + 1, next[i], ACK, NOTHING);
                peers[i] = server.accept();
            }
            for (Socket peer : peers) {
                peer.getOutputStream().write(7);
            }
            boolean[] seen = new boolean[count];
            for (int left = count; left > 0;) {
                TcpSegment segment = present(guest.receiveTcp());
                int index = segment.packet().u16(2) - PORT;
                if (segment.dataBytes() == 1) {
                    left -= seen[index] ? 0 : 1;
                    seen[index] = true;
                    guest.sendTcp(PORT + index, Subnet.GATEWAY, port, FIRST + 1, next[index] + 1, ACK, NOTHING);
                }
            }
            for (Socket peer : peers) {
                peer.close();
            }
        }
    }

    @Test
    void forwardedPortLeadsIntoTheGuest() throws IOException {
        int port;
        try (ServerSocket free = server()) {
            port = free.getLocalPort();
        }
        try (TestGuest guest = guest(true, false, (ipv6 ? "tcp:[::1]:%d-[]:22" : "tcp:127.0.0.1:%d-:22").formatted(port))) {
            if (ipv6) {
                guest.sendIp(FrameWriter.ICMPV6, Subnet.GATEWAY, new byte[8]); // shows its address
            }
            try (Socket client = new Socket(loopback(), port)) {
                forwarded(guest, client);
            }
        }
    }

    private static void forwarded(TestGuest guest, Socket client) throws IOException {
        TcpSegment syn = present(guest.receiveTcp());
        assertTrue(syn.has(SYN) && !syn.has(ACK));
        IpPacket packet = syn.packet();
        assertEquals(22, packet.u16(2));
        int from = packet.u16(0);
        int theirs = syn.sequence() + 1;
        guest.sendTcp(22, Subnet.GATEWAY, from, FIRST, theirs, SYN | ACK, NOTHING);
        guest.receiveTcp();
        guest.sendTcp(22, Subnet.GATEWAY, from, FIRST + 1, theirs, ACK, "SSH".getBytes(StandardCharsets.US_ASCII));
        assertArrayEquals("SSH".getBytes(StandardCharsets.US_ASCII), client.getInputStream().readNBytes(3));
    }

    @Test
    void segmentsAreLeftToTheGuestWhenItCan() throws IOException {
        try (TestGuest guest = guest(false, true); ServerSocket server = server()) {
            guest.link.agree(guest.link.features());
            int port = server.getLocalPort();
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST, 0, SYN, NOTHING);
            int next = present(guest.receiveTcp()).sequence() + 1;
            guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, next, ACK, NOTHING);
            try (Socket peer = server.accept()) {
                peer.getOutputStream().write(new byte[100_000]);
                boolean longOne = false;
                for (int got = 0; got < 100_000;) {
                    TcpSegment segment = present(guest.receiveTcp());
                    MemorySegment header = guest.in;
                    got = segment.sequence() + segment.dataBytes() - next;
                    if (segment.dataBytes() > 1460) {
                        longOne = true;
                        assertEquals(1, Bytes.u8(header, 0), "needs a checksum");
                        assertEquals(ipv6 ? 4 : 1, Bytes.u8(header, 1), "TCP over IPv6 or IPv4");
                        assertEquals(ipv6 ? 1440 : 1460, Bytes.u8(header, 4) | Bytes.u8(header, 5) << 8);
                    }
                    guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST + 1, segment.sequence() + segment.dataBytes(), ACK, NOTHING);
                }
                assertTrue(longOne);
                assertFalse(guest.checksumsRight(), "left to the guest");
            }
        }
    }
}
