package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.api.SilentCloseable;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;
import testudo.testing.tck.FuzzInput;
import testudo.testing.tck.FuzzLimit;

/// Fuzz target: segments of the guest with any numbers, flags and options, in each state of a connection that a host's program holds the other end of. Each
/// byte that arrives at either end is the one that was sent at its place.
///
/// All segments go to one socket of this test: while Jazzer searches, a connection to anything else fails the target.
class FuzzTcpTest {
    private static final int PORT = 40_000;
    private static final int FIRST = 1_000;
    private static final int MOST_STEPS = 48;
    private static final int MOST_DATA = 65_000;
    private static final long PATIENCE_NANOS = TimeUnit.MICROSECONDS.toNanos(300);

    private final ByteBuffer piece = ByteBuffer.allocate(1 << 16);
    private boolean ipv6;
    private int offloads;
    private int port;
    private int theirs; // the host's next byte, as far as the guest has seen it
    private int ours; // the guest's next byte, as the host's end expects it
    private int firstTheirs;
    private boolean opened;
    private int hostWritten;
    private int hostRead;

    /// How it begins; then for each step: 0 segment (flags, sequence, acknowledgment, window, options, length), 4 host writes, 5 host reads, 6 host ends, 7 wait.
    static Stream<byte[]> seeds() {
        return Stream.of("01 00 18 00 00 ffff 00 0001 00 18 00 00 ffff 00 0400 05", "01", "03", "00 00 02 00 00 ffff 00 0000",
                "01 00 18 00 00 ffff 00 0064 05 07",
                "01 04 1000 07 00 10 00 00 ffff 00 0000 07",
                "03 04 0400 07 00 11 00 00 0001 00 0000 07", "01 00 11 00 00 ffff 00 0010 06 00 07 00 10 00 00 ffff 00 0000",
                "1d 04 ffff 07 04 ffff 00 10 00 00 ffff 00 0000 07 07", "01 00 18 0a 00 ffff 00 0100 00 18 f6 00 ffff 00 0200 05",
                "01 00 04 00 00 0000 00 0000", "00 00 02 00 00 ffff 08 020405b403030e00 0000 07 00 10 01 01 ffff 00 0000",
                "01 04 0100 07 00 10 00 00 0000 00 0000 00 10 00 00 0000 00 0000 04 0100 07", "01 06 01 07",
                "010401000700100010000002000004000700100010000002000004010101", // found by a search
                "01 00 38 00 f0 ffffffff ffff 04 0303ff00 0040").map(
                        text -> HexFormat.of().parseHex(text.replace(" ", "")));
    }

    @MethodSource("seeds")
    @FuzzTest
    void segments(byte[] bytes) throws IOException {
        FuzzInput input = new FuzzInput(bytes);
        int mode = input.u8();
        ipv6 = (mode & 2) != 0;
        offloads = mode >> 2 & 7;
        theirs = 0;
        firstTheirs = 0;
        ours = FIRST;
        opened = false;
        hostWritten = 0;
        hostRead = 0;
        try (FuzzLimit _ = new FuzzLimit(bytes); ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.ofLiteral(ipv6 ? "::1" : "127.0.0.1"), 0));
            port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            server.configureBlocking(false);
            try (SilentCloseable _ = BugDetectors.allowNetworkConnections((_, to) -> to == port);
                    TestGuest guest = NetFuzz.guest(false, offloads)) {
                play(guest, server, input, (mode & 1) != 0);
            }
        }
        NetFuzz.nothingThrown();
    }

    private void play(TestGuest guest, ServerSocketChannel server, FuzzInput input, boolean handshake) throws IOException {
        guest.ipv6 = ipv6;
        SocketChannel host = null;
        try {
            if (handshake) {
                open(guest);
            }
            for (int i = 0; i < MOST_STEPS && !input.isEmpty(); i++) {
                host = host == null ? accepted(server) : host;
                step(guest, host, input);
                look(guest);
            }
            NetFuzz.stillAnswers(guest, offloads);
        } finally {
            if (host != null && host.isOpen()) {
                host.setOption(StandardSocketOptions.SO_LINGER, 0); // nothing is left of it
                host.close();
            }
        }
    }

    private static SocketChannel accepted(ServerSocketChannel server) throws IOException {
        SocketChannel host = server.accept();
        if (host != null) {
            host.configureBlocking(false);
        }
        return host;
    }

    private void open(TestGuest guest) {
        guest.sendTcp(PORT, Subnet.GATEWAY, port, FIRST, 0, TcpConnections.SYN, new byte[0]);
        TcpSegment answer = guest.receiveTcp();
        assertNotNull(answer);
        theirs = answer.sequence() + 1;
        firstTheirs = theirs;
        ours = FIRST + 1;
        opened = true;
        guest.sendTcp(PORT, Subnet.GATEWAY, port, ours, theirs, TcpConnections.ACK, new byte[0]);
    }

    private void step(TestGuest guest, SocketChannel host, FuzzInput input) throws IOException {
        switch (input.u8() & 7) {
            case 4 -> write(host, input.u16());
            case 5 -> read(host);
            case 6 -> end(host, input.u8());
            case 7 -> await(guest);
            default -> segment(guest, input);
        }
    }

    private void segment(TestGuest guest, FuzzInput input) {
        int flags = input.u8() & 0x3F;
        int sequence = ours + input.delta();
        int acknowledgment = theirs + input.delta();
        int window = input.u16();
        byte[] options = input.bytes(Math.min(input.u8(), 40));
        int dataBytes = input.u16();
        int headerBytes = (20 + options.length + 3) & ~3;
        int length = headerBytes + Math.min(dataBytes, MOST_DATA);
        byte[] bytes = new byte[length];
        MemorySegment fields = MemorySegment.ofArray(bytes);
        Bytes.put16(fields, 0, PORT);
        Bytes.put16(fields, 2, port);
        Bytes.put32(fields, 4, sequence);
        Bytes.put32(fields, 8, acknowledgment);
        Bytes.put16(fields, 12, headerBytes / 4 << 12 | flags);
        Bytes.put16(fields, 14, window);
        System.arraycopy(options, 0, bytes, 20, options.length);
        for (int i = headerBytes; i < length; i++) {
            bytes[i] = pattern(sequence + i - headerBytes - FIRST - 1);
        }
        guest.sendIp(FrameWriter.TCP, Subnet.GATEWAY, bytes);
    }

    private static byte pattern(int position) {
        return (byte) (position * 7 ^ position >> 8);
    }

    private void write(SocketChannel host, int lengthBytes) {
        if (host != null && host.isConnected()) {
            piece.clear();
            for (int i = 0; i < lengthBytes; i++) {
                piece.put(pattern(hostWritten + i));
            }
            try {
                hostWritten += host.write(piece.flip());
            } catch (IOException e) {
                return; // the guest has ended it
            }
        }
    }

    private void read(SocketChannel host) {
        if (host == null) {
            return;
        }
        piece.clear();
        try {
            if (host.read(piece) <= 0) {
                return;
            }
        } catch (IOException e) {
            return; // the guest has reset it
        }
        piece.flip();
        while (opened && piece.hasRemaining()) {
            assertEquals(pattern(hostRead), piece.get(), "byte " + hostRead + " of the guest");
            hostRead++;
        }
    }

    private static void end(SocketChannel host, int how) throws IOException {
        if (host != null && host.isOpen()) {
            if ((how & 1) == 0) {
                try {
                    host.shutdownOutput();
                } catch (IOException e) {
                    return; // it has ended
                }
            } else {
                host.setOption(StandardSocketOptions.SO_LINGER, how & 2);
                host.close();
            }
        }
    }

    /// Gives the network's thread time to do what the host's end has caused.
    private void await(TestGuest guest) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (System.nanoTime() < end) {
            look(guest);
            Thread.onSpinWait();
        }
    }

    private void look(TestGuest guest) {
        while (guest.receiveNow()) {
            FrameCheck.check(guest.in, guest.lengthBytes, (offloads & 1) != 0);
            IpPacket packet = guest.ip();
            TcpSegment segment = new TcpSegment(packet);
            if (packet.protocol() == FrameWriter.TCP && segment.read()) {
                arrived(segment);
            }
        }
    }

    private void arrived(TcpSegment segment) {
        if (segment.has(TcpConnections.RST)) {
            return;
        }
        if (segment.has(TcpConnections.SYN)) {
            opened = opened && segment.sequence() == firstTheirs - 1; // otherwise another connection in the place of the one that was opened
            theirs = segment.sequence() + 1;
            return;
        }
        ours = segment.acknowledgment();
        int position = segment.sequence() - firstTheirs;
        for (int i = 0; opened && i < segment.dataBytes(); i++) {
            assertEquals(pattern(position + i), (byte) segment.packet().u8(segment.dataAt() - segment.packet().at() + i),
                    "byte of the host");
        }
        int next = segment.nextSequence();
        theirs = next - theirs > 0 ? next : theirs;
    }
}
