package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/// Datagrams of a guest to a real socket of this host, and back.
class UdpTest {
    private static final int PORT = 5_000;

    private static DatagramSocket socket() throws IOException {
        return new DatagramSocket(0, InetAddress.getLoopbackAddress());
    }

    @Test
    void datagramsFlowBothWays() throws IOException {
        try (TestGuest guest = new TestGuest(false, true); DatagramSocket peer = socket()) {
            assertTrue(guest.sendUdp(PORT, Subnet.GATEWAY, peer.getLocalPort(), "ping".getBytes(StandardCharsets.US_ASCII)));
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            peer.receive(packet);
            assertEquals("ping", new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII));
            packet.setData("pong!".getBytes(StandardCharsets.US_ASCII));
            peer.send(packet);
            assertTrue(guest.receive());
            IpPacket reply = guest.ip();
            assertTrue(Subnet.isGateway(reply.fromHigh(), reply.fromLow()));
            assertEquals(peer.getLocalPort(), reply.u16(0));
            assertEquals(PORT, reply.u16(2));
            assertEquals(8 + 5, reply.lengthBytes());
        }
    }

    @Test
    void longDatagramComesInFragments() throws IOException {
        try (TestGuest guest = new TestGuest(false, true); DatagramSocket peer = socket()) {
            guest.sendUdp(PORT, Subnet.GATEWAY, peer.getLocalPort(), new byte[1]);
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            peer.receive(packet);
            byte[] data = new byte[4000];
            for (int i = 0; i < data.length; i++) {
                data[i] = (byte) (i * 7);
            }
            packet.setData(data);
            peer.send(packet);
            byte[] whole = new byte[4008];
            int seen = 0;
            while (seen < whole.length) {
                assertTrue(guest.receive());
                int fragment = Bytes.u16(guest.in, 12 + 14 + 6);
                IpPacket piece = guest.ip();
                int at = (fragment & 0x1FFF) * 8;
                assertTrue(piece.lengthBytes() <= 1480);
                assertEquals(at + piece.lengthBytes() < whole.length, (fragment & 0x2000) != 0);
                for (int i = 0; i < piece.lengthBytes(); i++) {
                    whole[at + i] = (byte) piece.u8(i);
                }
                seen += piece.lengthBytes();
            }
            for (int i = 0; i < data.length; i++) {
                assertEquals(data[i], whole[8 + i]);
            }
        }
    }

    @Test
    void hostIsOutOfReachUnlessTheUserSaysSo() throws IOException {
        try (TestGuest guest = new TestGuest(false, false); DatagramSocket peer = socket()) {
            assertFalse(guest.sendUdp(PORT, Subnet.GATEWAY, peer.getLocalPort(), new byte[1]));
            assertFalse(guest.sendUdp(PORT, 0x7F00_0001, peer.getLocalPort(), new byte[1]));
        }
    }

    @Test
    void flowsAreBounded() throws IOException {
        try (TestGuest guest = new TestGuest(false, true); DatagramSocket peer = socket()) {
            for (int i = 0; i < UdpFlows.MOST_FLOWS * 2; i++) {
                assertTrue(guest.sendUdp(1 + i, Subnet.GATEWAY, peer.getLocalPort(), new byte[1]));
            }
            long open = java.nio.file.Files.list(java.nio.file.Path.of("/proc/self/fd")).count();
            assertTrue(open < UdpFlows.MOST_FLOWS + 200, open + " descriptors");
        }
    }
}
