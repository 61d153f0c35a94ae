package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;

/// A TCP segment of the guest, whose header has been checked to lie within its packet. One for all segments: it says what the last [#read] has found.
final class TcpSegment {
    static final int FIXED_BYTES = 20;
    static final int WINDOW_SCALE = 7;
    static final int UNSCALED_WINDOW = 65_535;
    private static final int OPTION_END = 0;
    private static final int OPTION_NOTHING = 1;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_SCALE = 3;
    private static final int MOST_SCALE = 14;
    private static final int DEFAULT_MSS = 536;
    private static final int LEAST_MSS = 64;

    private final IpPacket packet;
    private int headerBytes;

    /// @param packet which is read
    TcpSegment(IpPacket packet) {
        this.packet = packet;
    }

    /// Looks at the packet.
    /// @return false when its header is broken
    boolean read() {
        headerBytes = packet.lengthBytes() < FIXED_BYTES ? 0 : (packet.u8(12) >>> 4) * 4;
        return headerBytes >= FIXED_BYTES && headerBytes <= packet.lengthBytes();
    }

    IpPacket packet() {
        return packet;
    }

    int sequence() {
        return packet.u32(4);
    }

    int acknowledgment() {
        return packet.u32(8);
    }

    int window() {
        return packet.u16(14);
    }

    boolean has(int flag) {
        return (packet.u8(13) & flag) != 0;
    }

    int dataBytes() {
        return packet.lengthBytes() - headerBytes;
    }

    /// Where the data starts in the packet's memory.
    int dataAt() {
        return packet.at() + headerBytes;
    }

    /// The sequence number behind this segment.
    int nextSequence() {
        return sequence() + dataBytes() + (has(TcpConnections.SYN) ? 1 : 0) + (has(TcpConnections.FIN) ? 1 : 0);
    }

    /// The longest segment the guest takes (RFC 9293, 3.7.1 "Maximum Segment Size Option").
    int mss() {
        int value = option(OPTION_MSS, 4);
        return value < 0 ? DEFAULT_MSS : Math.max(value, LEAST_MSS);
    }

    /// The guest's window scale (RFC 7323, 2.2 "Window Scale Option").
    /// @return 0 to 14, or -1 when it knows none
    int windowScale() {
        int value = option(OPTION_SCALE, 3);
        return value < 0 ? -1 : Math.min(value, MOST_SCALE);
    }

    private int option(int wanted, int lengthBytes) {
        for (int at = FIXED_BYTES; at < headerBytes;) {
            int kind = packet.u8(at);
            if (kind == OPTION_END) {
                return -1;
            }
            if (kind == OPTION_NOTHING) {
                at++;
                continue;
            }
            if (at + 2 > headerBytes || packet.u8(at + 1) < 2 || at + packet.u8(at + 1) > headerBytes) {
                return -1;
            }
            if (kind == wanted && packet.u8(at + 1) == lengthBytes) {
                return lengthBytes == 4 ? packet.u16(at + 2) : packet.u8(at + 2);
            }
            at += packet.u8(at + 1);
        }
        return -1;
    }

    /// Writes the options of a SYN behind a header: MSS and window scale.
    static void synOptions(FrameWriter writer, int mss, int scale) {
        MemorySegment memory = writer.memory();
        long at = writer.payload() + FIXED_BYTES;
        Bytes.put32(memory, at, OPTION_MSS << 24 | 4 << 16 | mss);
        Bytes.put32(memory, at + 4, scale < 0 ? 0x0101_0101 : OPTION_NOTHING << 24 | OPTION_SCALE << 16 | 3 << 8 | scale);
    }

    /// Writes a header for the guest; [#window] follows.
    static void header(FrameWriter writer, Flow flow, int sequence, int acknowledgment, int flags, int headerBytes) {
        MemorySegment memory = writer.memory();
        long at = writer.payload();
        Bytes.put16(memory, at, flow.port());
        Bytes.put16(memory, at + 2, flow.guestPort());
        Bytes.put32(memory, at + 4, sequence);
        Bytes.put32(memory, at + 8, acknowledgment);
        Bytes.put16(memory, at + 12, ((headerBytes / 4) << 12) | flags);
        Bytes.put32(memory, at + 16, 0);
    }

    /// Writes the window of a header.
    static void window(FrameWriter writer, int value) {
        Bytes.put16(writer.memory(), writer.payload() + 14, value);
    }
}
