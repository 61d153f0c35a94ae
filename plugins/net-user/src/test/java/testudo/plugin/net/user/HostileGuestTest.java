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
