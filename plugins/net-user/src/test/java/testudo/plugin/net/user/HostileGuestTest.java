package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;

/// Whatever a guest sends, nothing is thrown, and the gateway still answers afterwards.
class HostileGuestTest {
    private static final TestGuest GUEST = new TestGuest(true, false);

    @AfterContainer
    static void close() {
        GUEST.close();
    }

    private static void stillAnswers() {
        while (GUEST.receiveNow()) {
            continue;
        }
        byte[] echo = new byte[8];
        echo[0] = 8;
        assertTrue(GUEST.sendIp(1, Subnet.GATEWAY, echo));
        assertTrue(GUEST.receiveNow());
    }

    @Property(tries = 500)
    void anyFrame(@ForAll byte[] frame) {
        GUEST.send(frame);
        stillAnswers();
    }

    @Property(tries = 1000)
    void anyPacket(@ForAll byte[] payload, @ForAll byte protocolPick, @ForAll byte headerWord, @ForAll short totalBytes) {
        int protocol = new int[]{1, 6, 17, protocolPick & 0xFF}[protocolPick & 3];
        byte[] frame = new byte[34 + payload.length];
        MemorySegment bytes = MemorySegment.ofArray(frame);
        Bytes.put48(bytes, 6, TestGuest.MAC);
        Bytes.put16(bytes, 12, 0x0800);
        Bytes.put8(bytes, 14, (headerWord & 1) == 0 ? 0x45 : headerWord);
        Bytes.put16(bytes, 16, (headerWord & 2) == 0 ? 20 + payload.length : totalBytes);
        Bytes.put8(bytes, 23, protocol);
        Bytes.put32(bytes, 26, Subnet.GUEST);
        Bytes.put32(bytes, 30, (headerWord & 4) == 0 ? Subnet.GATEWAY : -1);
        System.arraycopy(payload, 0, frame, 34, payload.length);
        GUEST.send(frame);
        stillAnswers();
    }

    @Property(tries = 1000)
    void anyIpv6Packet(@ForAll byte[] payload, @ForAll byte protocolPick, @ForAll byte headerWord, @ForAll short lengthBytes) {
        int protocol = new int[]{58, 6, 17, 44, 0, 60, protocolPick & 0xFF, 58}[protocolPick & 7];
        byte[] frame = TestGuest.ipv6(protocol, (headerWord & 1) == 0 ? TestGuest.LOW : 0, (headerWord & 2) == 0
                ? Subnet.PREFIX
                : 0xFF02_0000_0000_0000L, 2, payload);
        if ((headerWord & 4) != 0) {
            Bytes.put16(MemorySegment.ofArray(frame), 18, lengthBytes);
        }
        GUEST.send(frame);
        stillAnswers();
    }

    @Property(tries = 1000)
    void anyNeighbour(@ForAll byte[] rest, @ForAll byte kind) {
        byte[] payload = new byte[24 + rest.length];
        payload[0] = (byte) (133 + (kind & 3));
        payload[8] = (byte) 0xFD;
        System.arraycopy(rest, 0, payload, 24, rest.length);
        GUEST.send(TestGuest.ipv6(58, (kind & 4) == 0 ? TestGuest.LOW : 0, 0xFF02_0000_0000_0000L, 1, payload));
        stillAnswers();
    }

    @Property(tries = 1000)
    void anyFragments(@ForAll byte[] payload, @ForAll short fragment, @ForAll byte id) {
        byte[] frame = TestGuest.ipv4(17, Subnet.GUEST, Subnet.GATEWAY, payload);
        Bytes.put16(MemorySegment.ofArray(frame), 18, id & 3);
        Bytes.put16(MemorySegment.ofArray(frame), 20, fragment);
        GUEST.send(frame);
        stillAnswers();
    }

    @Property(tries = 1000)
    void anyOptions(@ForAll byte[] options, @ForAll boolean dhcp) {
        byte[] payload = new byte[(dhcp ? 248 : 20) + options.length];
        MemorySegment bytes = MemorySegment.ofArray(payload);
        if (dhcp) {
            Bytes.put16(bytes, 2, 67);
            Bytes.put16(bytes, 4, payload.length);
            Bytes.put8(bytes, 8, 1);
            Bytes.put32(bytes, 244, 0x6382_5363);
        } else {
            Bytes.put16(bytes, 12, Math.min(15, payload.length / 4) << 12 | TcpConnections.SYN);
        }
        System.arraycopy(options, 0, payload, payload.length - options.length, options.length);
        GUEST.sendIp(dhcp ? 17 : 6, Subnet.GUEST, dhcp ? -1 : Subnet.GATEWAY, payload);
        stillAnswers();
    }
}
