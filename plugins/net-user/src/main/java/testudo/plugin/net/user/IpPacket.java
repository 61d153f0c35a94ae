package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;

/// The payload of an IPv4 packet of the guest, checked to lie within its frame. Lives as long as the call that gets it.
/// @param memory the frame
/// @param at where the payload starts
/// @param lengthBytes how long it is
/// @param from source address
/// @param to destination address
record IpPacket(MemorySegment memory, int at, int lengthBytes, int from, int to) {
    int u8(int offset) {
        return Bytes.u8(memory, at + offset);
    }

    int u16(int offset) {
        return Bytes.u16(memory, at + offset);
    }

    int u32(int offset) {
        return Bytes.u32(memory, at + offset);
    }
}
