package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.spi.net.NetworkLink;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.FuzzLimit;

/// Fuzz target: what hosts answer to the guest's datagrams, of any length and content. What the guest gets, put
/// together from fragments where it had to be cut, is what was sent.
///
/// The NAT does not read DNS messages: what a name server answers is a datagram like others.
class FuzzDatagramsTest {
    private static final int PORT = 40_000;
    private static final int MOST_STEPS = 16;
    private static final int MOST_ANSWER = 65_507;
    private static final int IP = NetworkLink.HEADER_BYTES + 14;

    private boolean ipv6;
    private int offloads;

    /// Family and offloads; then for each step the length that is sent, a byte to fill it with, and the length of the answer.
    static Stream<byte[]> seeds() {
        return Stream.of("00", "00 0000 00 0000", "00 0010 01 05c0", "00 0010 01 05c1", "01 0010 01 05a8", "01 0010 01 05a9",
                "03 0001 ff ffe3",
                "02 8000 07 8000", "01 0000 00 0b48", "01 05d0 00 0001").map(text -> HexFormat.of().parseHex(text.replace(" ", "")));
    }

    @MethodSource("seeds")
    @FuzzTest
    void answers(byte[] bytes) throws IOException {
        FuzzInput input = new FuzzInput(bytes);
        int mode = input.u8();
        ipv6 = (mode & 1) != 0;
        offloads = mode >> 1 & 1;
        try (FuzzLimit _ = new FuzzLimit(bytes);
                DatagramChannel host = DatagramChannel.open();
                TestGuest guest = NetFuzz.guest(false, offloads)) {
            guest.ipv6 = ipv6;
            host.bind(new InetSocketAddress(InetAddress.ofLiteral(ipv6 ? "::1" : "127.0.0.1"), 0));
            host.configureBlocking(false);
            for (int i = 0; i < MOST_STEPS && !input.isEmpty(); i++) {
                step(guest, host, input);
            }
            NetFuzz.stillAnswers(guest, offloads);
        }
        NetFuzz.nothingThrown();
    }

    private void step(TestGuest guest, DatagramChannel host, FuzzInput input) throws IOException {
        byte[] asked = new byte[Math.min(input.u16(), 65_000)];
        Arrays.fill(asked, (byte) input.u8());
        byte[] answer = new byte[Math.min(input.u16(), MOST_ANSWER)];
        for (int i = 0; i < answer.length; i++) {
            answer[i] = (byte) (i * 13 ^ i >> 8 ^ asked.length);
        }
        if (!guest.sendUdp(PORT, Subnet.GATEWAY, ((InetSocketAddress) host.getLocalAddress()).getPort(), asked)) {
            return;
        }
        ByteBuffer received = ByteBuffer.allocate(1 << 16);
        InetSocketAddress from = (InetSocketAddress) host.receive(received);
        assertTrue(from != null, "it has arrived: both ends are on loopback");
        assertArrayEquals(asked, Arrays.copyOf(received.array(), received.position()));
        host.send(ByteBuffer.wrap(answer), from);
        assertArrayEquals(answer, whole(guest, answer.length));
    }

    /// Puts the next datagram together.
    private byte[] whole(TestGuest guest, int dataBytes) {
        byte[] datagram = new byte[dataBytes + UdpFlow.HEADER_BYTES];
        for (int done = 0; done < datagram.length;) {
            assertTrue(guest.receive(), done + " bytes of " + datagram.length + " have come");
            FrameCheck.check(guest.in, guest.lengthBytes, offloads != 0);
            int header = IP + (ipv6 ? 40 : 20);
            boolean cut = ipv6 && Bytes.u8(guest.in, IP + 6L) == 44;
            int at = header + (cut ? 8 : 0);
            int offset = ipv6 ? cut ? Bytes.u16(guest.in, header + 2L) & ~7 : 0 : (Bytes.u16(guest.in, IP + 6L) & 0x1FFF) * 8;
            MemorySegment.copy(guest.in, ValueLayout.JAVA_BYTE, at, datagram, offset, guest.lengthBytes - at);
            done += guest.lengthBytes - at;
        }
        MemorySegment fields = MemorySegment.ofArray(datagram);
        assertEquals(PORT, Bytes.u16(fields, 2));
        assertEquals(datagram.length, Bytes.u16(fields, 4));
        return Arrays.copyOfRange(datagram, UdpFlow.HEADER_BYTES, datagram.length);
    }
}
