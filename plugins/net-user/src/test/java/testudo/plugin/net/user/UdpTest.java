package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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
    void datagramsFlowBothWaysOverIpv6() throws IOException {
        try (TestGuest guest = new TestGuest(false, true); DatagramSocket peer = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            guest.ipv6 = true;
            for (int dataBytes : new int[]{4, 4000}) {
                assertTrue(guest.sendUdp(PORT, Subnet.GATEWAY, peer.getLocalPort(), "ping".getBytes(StandardCharsets.US_ASCII)));
                DatagramPacket packet = new DatagramPacket(new byte[5000], 5000);
                peer.receive(packet);
                assertEquals("ping", new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII));
                packet.setData(new byte[dataBytes]);
                peer.send(packet);
                try (Arena arena = Arena.ofConfined()) {
                    IpPacket reply = whole(guest, arena);
                    assertTrue(Subnet.isGateway(reply.fromHigh(), reply.fromLow()));
                    assertEquals(peer.getLocalPort(), reply.u16(0));
                    assertEquals(8 + dataBytes, reply.lengthBytes());
                    long sum = Bytes.sum(reply.fromHigh(), reply.fromLow()) + Bytes.sum(reply.toHigh(), reply.toLow()) + 17
                            + reply.lengthBytes();
                    assertEquals(0, Bytes.checksum(Bytes.sum(reply.memory(), reply.at(), reply.lengthBytes(), sum)));
                }
            }
        }
    }

    /// What comes next, put together.
    private static IpPacket whole(TestGuest guest, Arena arena) {
        Fragments fragments = new Fragments(arena);
        while (true) {
            assertTrue(guest.receive());
            IpPacket packet = guest.ip();
            if (!packet.isFragment() || fragments.add(packet, 0)) {
                return packet;
            }
        }
    }

    @Test
    void fragmentsOfTheGuestAreSentWhole() throws IOException {
        try (TestGuest guest = new TestGuest(false, true); DatagramSocket peer = socket()) {
            byte[] udp = new byte[8 + 3000];
            MemorySegment fields = MemorySegment.ofArray(udp);
            Bytes.put16(fields, 0, PORT);
            Bytes.put16(fields, 2, peer.getLocalPort());
            Bytes.put16(fields, 4, udp.length);
            for (int i = 8; i < udp.length; i++) {
                udp[i] = (byte) (i * 11);
            }
            for (int at : new int[]{1480, 2960, 0}) {
                int end = Math.min(at + 1480, udp.length);
                byte[] frame = TestGuest.ipv4(17, Subnet.GUEST, Subnet.GATEWAY, Arrays.copyOfRange(udp, at, end));
                Bytes.put16(MemorySegment.ofArray(frame), 18, 77);
                Bytes.put16(MemorySegment.ofArray(frame), 20, at / 8 | (end < udp.length ? 0x2000 : 0));
                assertEquals(at == 0, guest.send(frame), "with the last one that was missing");
            }
            DatagramPacket packet = new DatagramPacket(new byte[5000], 5000);
            peer.receive(packet);
            assertArrayEquals(Arrays.copyOfRange(udp, 8, udp.length), Arrays.copyOf(packet.getData(), packet.getLength()));
        }
    }

    /// Two peers that use the same port are two to the guest, and each gets its own answer.
    @Test
    void peersOfAForwardedPortAreToldApart() throws IOException {
        int port;
        try (DatagramSocket free = socket()) {
            port = free.getLocalPort();
        }
        try (TestGuest guest = new TestGuest(true, false, "udp:127.0.0.1:%d-:53".formatted(port));
                DatagramSocket one = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
                DatagramSocket two = new DatagramSocket(one.getLocalPort(), InetAddress.ofLiteral("127.0.0.2"))) {
            int[] seen = new int[2];
            DatagramSocket[] peers = {one, two};
            for (int i = 0; i < 2; i++) {
                peers[i].send(new DatagramPacket(new byte[]{(byte) i}, 1, InetAddress.ofLiteral("127.0.0.1"), port));
                assertTrue(guest.receive());
                seen[i] = guest.ip().u16(0);
                assertEquals(53, guest.ip().u16(2));
            }
            for (int i = 0; i < 2; i++) {
                assertTrue(guest.sendUdp(53, Subnet.GATEWAY, seen[i], new byte[]{(byte) (40 + i)}));
                DatagramPacket answer = new DatagramPacket(new byte[10], 10);
                peers[i].receive(answer);
                assertEquals(40 + i, answer.getData()[0]);
            }
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
}
