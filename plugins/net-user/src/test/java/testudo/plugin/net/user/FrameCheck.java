package testudo.plugin.net.user;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import testudo.spi.net.NetworkLink;

/// What holds for every frame that the guest gets, whatever it has sent: header of the link, lengths, checksums. Reads frames with code of its own.
final class FrameCheck {
    private static final int MTU = 1500;
    private static final int ETHERNET = NetworkLink.HEADER_BYTES;
    private static final int IP = ETHERNET + 14;

    private FrameCheck() {}

    /// Fails for a frame that is not well-formed.
    /// @param offload whether the guest completes checksums and cuts segments
    static void check(MemorySegment frame, int lengthBytes, boolean offload) {
        assertTrue(lengthBytes >= IP, "a frame has an Ethernet header");
        int flags = u8(frame, 0);
        int gso = u8(frame, 1);
        assertTrue(offload || (flags == 0 && gso == 0), "nothing is left to a guest that can't do it");
        assertTrue(flags <= 1 && (gso == 0 || gso == 1 || gso == 4), "flags " + flags + ", gso " + gso);
        assertTrue(gso != 0 || lengthBytes - IP <= MTU, "longer than the MTU: " + lengthBytes);
        if (gso != 0) {
            assertEquals(1, flags);
            assertTrue(little16(frame, 4) > 0, "gso_size");
            assertTrue(little16(frame, 2) <= lengthBytes - ETHERNET, "hdr_len");
        }
        switch (u16(frame, ETHERNET + 12)) {
            case 0x0806 -> assertEquals(IP + 28, lengthBytes, "ARP");
            case 0x0800 -> ipv4(frame, lengthBytes);
            case 0x86DD -> ipv6(frame, lengthBytes);
            default -> throw new AssertionError("EtherType " + Integer.toHexString(u16(frame, ETHERNET + 12)));
        }
    }

    private static void ipv4(MemorySegment frame, int lengthBytes) {
        assertEquals(0x45, u8(frame, IP));
        assertEquals(lengthBytes - IP, u16(frame, IP + 2), "total length");
        assertEquals(0xFFFF, sum(frame, IP, 20, 0), "header checksum");
        boolean fragment = (u16(frame, IP + 6) & 0x3FFF) != 0;
        if (!fragment) {
            payload(frame, lengthBytes, IP + 20, u8(frame, IP + 9), sum(frame, IP + 12, 8, 0));
        }
    }

    private static void ipv6(MemorySegment frame, int lengthBytes) {
        assertEquals(6, u8(frame, IP) >> 4);
        assertEquals(lengthBytes - IP - 40, u16(frame, IP + 4), "payload length");
        int protocol = u8(frame, IP + 6);
        if (protocol != 44) {
            payload(frame, lengthBytes, IP + 40, protocol, sum(frame, IP + 8, 32, 0));
        }
    }

    private static void payload(MemorySegment frame, int end, int at, int protocol, int addresses) {
        boolean partial = (u8(frame, 0) & 1) != 0;
        int checksumAt = protocol == 6 ? 16 : protocol == 17 ? 6 : 2;
        assertTrue(end - at >= (protocol == 6 ? 20 : 8), "payload of " + (end - at));
        if (partial) {
            assertEquals(at - ETHERNET, little16(frame, 6), "csum_start");
            assertEquals(checksumAt, little16(frame, 8), "csum_offset");
        } else if (protocol != 17 || u16(frame, at + 6) != 0) {
            int pseudo = protocol == 1 ? 0 : addresses + protocol + end - at;
            assertEquals(0xFFFF, sum(frame, at, end - at, pseudo), "checksum of protocol " + protocol);
        }
        if (protocol == 17) {
            assertEquals(end - at, u16(frame, at + 4), "length of a datagram");
        } else if (protocol == 6) {
            int headerBytes = (u8(frame, at + 12) >> 4) * 4;
            assertTrue(headerBytes >= 20 && headerBytes <= end - at, "TCP header");
        }
    }

    private static int sum(MemorySegment frame, int at, int lengthBytes, int start) {
        long sum = start;
        for (int i = 0; i < lengthBytes; i++) {
            sum += (i & 1) == 0 ? u8(frame, at + i) << 8 : u8(frame, at + i);
        }
        while (sum >> 16 != 0) {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        return (int) sum;
    }

    private static int u8(MemorySegment frame, int at) {
        return frame.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    private static int u16(MemorySegment frame, int at) {
        return u8(frame, at) << 8 | u8(frame, at + 1);
    }

    private static int little16(MemorySegment frame, int at) {
        return frame.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at) & 0xFFFF;
    }
}
