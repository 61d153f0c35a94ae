package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import testudo.spi.net.NetworkLink;

/// What the gateway answers itself.
class LocalServicesTest {
    private final TestGuest guest = new TestGuest(false, false);

    @AfterEach
    void close() {
        guest.close();
    }

    private boolean askFor(int address) {
        byte[] frame = new byte[42];
        MemorySegment bytes = MemorySegment.ofArray(frame);
        Bytes.put48(bytes, 0, Subnet.BROADCAST_MAC);
        Bytes.put48(bytes, 6, TestGuest.MAC);
        Bytes.put16(bytes, 12, 0x0806);
        Bytes.put32(bytes, 14, 0x0001_0800);
        Bytes.put16(bytes, 18, 0x0604);
        Bytes.put16(bytes, 20, 1);
        Bytes.put48(bytes, 22, TestGuest.MAC);
        Bytes.put32(bytes, 28, Subnet.GUEST);
        Bytes.put32(bytes, 38, address);
        return guest.send(frame);
    }

    @Test
    void gatewayAndNameServerHaveAnEthernetAddress() {
        for (int address : new int[]{Subnet.GATEWAY, Subnet.NAME_SERVER}) {
            assertTrue(askFor(address));
            assertTrue(guest.receiveNow());
            int arp = NetworkLink.HEADER_BYTES + 14;
            assertEquals(TestGuest.MAC, Bytes.u48(guest.in, NetworkLink.HEADER_BYTES));
            assertEquals(2, Bytes.u16(guest.in, arp + 6));
            assertEquals(Subnet.GATEWAY_MAC, Bytes.u48(guest.in, arp + 8));
            assertEquals(address, Bytes.u32(guest.in, arp + 14));
        }
    }

    @Test
    void guestsOwnAddressIsFree() {
        assertFalse(askFor(Subnet.GUEST));
        assertFalse(guest.receiveNow());
    }

    @Test
    void gatewayAnswersEcho() {
        byte[] echo = new byte[8 + 56];
        echo[0] = 8;
        echo[9] = 42;
        assertTrue(guest.sendIp(1, Subnet.GATEWAY, echo));
        assertTrue(guest.receiveNow());
        IpPacket reply = guest.ip();
        assertEquals(Subnet.mapped(Subnet.GATEWAY), reply.fromLow());
        assertEquals(0, reply.u8(0));
        assertEquals(42, reply.u8(9));
        assertEquals(0, Bytes.checksum(Bytes.sum(guest.in, reply.at(), reply.lengthBytes(), 0)));
    }

    @Test
    void gatewayAnswersEchoOverIpv6() {
        guest.ipv6 = true;
        byte[] echo = new byte[8 + 56];
        echo[0] = (byte) 128;
        echo[9] = 42;
        assertTrue(guest.sendIp(58, Subnet.GATEWAY, echo));
        assertTrue(guest.receiveNow());
        IpPacket reply = guest.ip();
        assertTrue(Subnet.isGateway(reply.fromHigh(), reply.fromLow()));
        assertEquals(129, reply.u8(0));
        assertEquals(42, reply.u8(9));
        assertTrue(guest.checksumsRight());
    }

    @Test
    void routerSaysPrefixMtuAndItself() {
        byte[] solicitation = new byte[8];
        solicitation[0] = (byte) 133;
        assertTrue(guest.send(TestGuest.ipv6(58, 0, 0xFF02_0000_0000_0000L, 2, solicitation)));
        assertTrue(guest.receiveNow());
        IpPacket advertisement = guest.ip();
        assertEquals(134, advertisement.u8(0));
        assertEquals(255, advertisement.hopLimit());
        assertEquals(Subnet.LINK_LOCAL, advertisement.fromHigh());
        assertEquals(0x3333_0000_0001L, Bytes.u48(guest.in, NetworkLink.HEADER_BYTES), "to all nodes");
        assertTrue(advertisement.u16(6) > 0, "a default router");
        assertTrue(guest.checksumsRight());
        assertEquals(1500, advertisement.u32(option(advertisement, 5) + 4));
        int prefix = option(advertisement, 3);
        assertEquals(64, advertisement.u8(prefix + 2));
        assertEquals(Subnet.PREFIX, Bytes.u64(guest.in, advertisement.at() + prefix + 16L));
        assertEquals(Subnet.GATEWAY_MAC, Bytes.u48(guest.in, advertisement.at() + option(advertisement, 1) + 2L));
    }

    private static int option(IpPacket advertisement, int kind) {
        for (int at = 16; at < advertisement.lengthBytes(); at += advertisement.u8(at + 1) * 8) {
            if (advertisement.u8(at) == kind) {
                return at;
            }
        }
        throw new AssertionError("no option " + kind);
    }

    @Test
    void neighboursAreOursOnly() {
        for (int i = 0; i < 4; i++) {
            byte[] solicitation = new byte[32];
            MemorySegment fields = MemorySegment.ofArray(solicitation);
            solicitation[0] = (byte) 135;
            Bytes.put64(fields, 8, i == 3 ? Subnet.LINK_LOCAL : Subnet.PREFIX);
            Bytes.put64(fields, 16, i == 0 ? TestGuest.LOW : i == 3 ? 2 : i + 1);
            boolean ours = i > 0;
            assertEquals(ours, guest.send(TestGuest.ipv6(58, ours ? TestGuest.LOW : 0, 0xFF02_0000_0000_0000L, 1, solicitation)));
            assertEquals(ours, guest.receiveNow());
            if (ours) {
                assertEquals(136, guest.ip().u8(0));
                assertEquals(Subnet.GATEWAY_MAC, Bytes.u48(guest.in, guest.ip().at() + 26L));
                assertTrue(guest.checksumsRight());
            }
        }
    }

    private static byte[] dhcp(int type, int wantedAddress) {
        byte[] bytes = new byte[8 + 240 + 16];
        MemorySegment fields = MemorySegment.ofArray(bytes);
        Bytes.put16(fields, 0, 68);
        Bytes.put16(fields, 2, 67);
        Bytes.put16(fields, 4, bytes.length);
        Bytes.put32(fields, 8, 0x0101_0600);
        Bytes.put32(fields, 12, 0xCAFE);
        Bytes.put32(fields, 244, 0x6382_5363);
        Bytes.put8(fields, 248, 53);
        Bytes.put8(fields, 249, 1);
        Bytes.put8(fields, 250, type);
        Bytes.put8(fields, 251, 50);
        Bytes.put8(fields, 252, 4);
        Bytes.put32(fields, 253, wantedAddress);
        Bytes.put8(fields, 257, 255);
        return bytes;
    }

    @Test
    void dhcpOffersAndGivesTheGuestsAddress() {
        int[][] cases = {{1, 0, 2}, {3, Subnet.GUEST, 5}, {3, 0xC0A8_0001, 6}};
        for (int[] ask : cases) {
            assertTrue(guest.sendIp(17, 0, -1, dhcp(ask[0], ask[1])));
            assertTrue(guest.receiveNow());
            IpPacket reply = guest.ip();
            assertEquals(68, reply.u16(2));
            assertEquals(0xCAFE, reply.u32(12));
            assertEquals(ask[2], reply.u8(8 + 242), "message type");
            assertEquals(ask[2] == 6 ? 0 : Subnet.GUEST, reply.u32(8 + 16));
        }
    }

    @Test
    void brokenDhcpGetsNoAnswer() {
        byte[] noCookie = dhcp(1, 0);
        noCookie[244] = 0;
        assertTrue(guest.sendIp(17, 0, -1, noCookie));
        assertTrue(guest.sendIp(17, 0, -1, java.util.Arrays.copyOf(dhcp(1, 0), 100)));
        assertFalse(guest.receiveNow());
    }
}
