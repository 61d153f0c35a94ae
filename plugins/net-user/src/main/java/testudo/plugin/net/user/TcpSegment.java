package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import testudo.plugin.net.user.TcpConnections.Flow;

/// A TCP segment of the guest, whose header has been checked to lie within its packet.
/// @param packet the packet
/// @param headerBytes 20 to 60
record TcpSegment(IpPacket packet, int headerBytes) {
    private static final int FIXED_BYTES = 20;
    private static final int OPTION_END = 0;
    private static final int OPTION_NOTHING = 1;
    private static final int OPTION_MSS = 2;
    private static final int OPTION_SCALE = 3;
    private static final int MOST_SCALE = 14;
    private static final int DEFAULT_MSS = 536;

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
        return value < 0 ? DEFAULT_MSS : Math.max(value, 64);
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

    /// Writes a header without options for the guest.
    static void header(FrameWriter writer, Flow flow, int sequence, int acknowledgment, int flags, int window) {
        header(writer, flow, sequence, acknowledgment, flags, window, FIXED_BYTES);
    }

    /// Writes the options of a SYN behind a header: MSS and window scale.
    static void synOptions(FrameWriter writer, int mss, int scale) {
        MemorySegment memory = writer.memory();
        long at = writer.payload() + FIXED_BYTES;
        Bytes.put32(memory, at, OPTION_MSS << 24 | 4 << 16 | mss);
        Bytes.put32(memory, at + 4, scale < 0 ? 0x0101_0101 : OPTION_NOTHING << 24 | OPTION_SCALE << 16 | 3 << 8 | scale);
    }

    /// Writes a header of some length for the guest.
    static void header(
            FrameWriter writer, Flow flow, int sequence, int acknowledgment, int flags, int window, int headerBytes) {
        MemorySegment memory = writer.memory();
        long at = writer.payload();
        Bytes.put16(memory, at, flow.port());
        Bytes.put16(memory, at + 2, flow.guestPort());
        Bytes.put32(memory, at + 4, sequence);
        Bytes.put32(memory, at + 8, acknowledgment);
        Bytes.put16(memory, at + 12, ((headerBytes / 4) << 12) | flags);
        Bytes.put16(memory, at + 14, window);
        Bytes.put32(memory, at + 16, 0);
    }
}
