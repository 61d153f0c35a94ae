package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import testudo.spi.net.NetworkLink;

/// The payload of an IP packet of the guest, checked to lie within its frame. One for all packets: it says what the last [#read] has found.
///
/// Addresses are as [Subnet] has them. What a header says beyond this is not looked at: options of IPv4 and IPv6 are skipped.
final class IpPacket {
    static final int TYPE_IPV4 = 0x0800;
    static final int TYPE_IPV6 = 0x86DD;
    private static final int TYPE_AT = NetworkLink.HEADER_BYTES + 12;
    private static final int IP_AT = NetworkLink.HEADER_BYTES + FrameWriter.ETHERNET_BYTES;
    private static final int MOST_EXTENSIONS = 8;
    private static final int HOP_BY_HOP = 0;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int FRAGMENT_BYTES = 8;

    private MemorySegment memory = MemorySegment.NULL;
    private int at;
    private int lengthBytes;
    private int protocol;
    private int hopLimit;
    private boolean ipv6;
    private long fromHigh;
    private long fromLow;
    private long toHigh;
    private long toLow;
    private int identification;
    private int fragmentAt;
    private boolean moreFragments;

    /// Reads the headers of a frame.
    /// @param frame header of the link, Ethernet header and packet
    /// @return false when it is no IP packet or is broken
    boolean read(MemorySegment frame, int frameBytes) {
        memory = frame;
        fragmentAt = 0;
        moreFragments = false;
        int type = frameBytes < IP_AT ? 0 : Bytes.u16(frame, TYPE_AT);
        return switch (type) {
            case TYPE_IPV4 -> readIpv4(frame, frameBytes);
            case TYPE_IPV6 -> readIpv6(frame, frameBytes);
            default -> false;
        };
    }

    private boolean readIpv4(MemorySegment frame, int frameBytes) {
        if (frameBytes < IP_AT + FrameWriter.IPV4_BYTES || Bytes.u8(frame, IP_AT) >>> 4 != 4) {
            return false;
        }
        int headerBytes = (Bytes.u8(frame, IP_AT) & 0xF) * 4;
        int totalBytes = Bytes.u16(frame, IP_AT + 2);
        if (headerBytes < FrameWriter.IPV4_BYTES || totalBytes < headerBytes || IP_AT + totalBytes > frameBytes) {
            return false;
        }
        ipv6 = false;
        at = IP_AT + headerBytes;
        lengthBytes = totalBytes - headerBytes;
        identification = Bytes.u16(frame, IP_AT + 4);
        int fragment = Bytes.u16(frame, IP_AT + 6);
        fragmentAt = (fragment & 0x1FFF) * 8;
        moreFragments = (fragment & 0x2000) != 0;
        hopLimit = Bytes.u8(frame, IP_AT + 8);
        protocol = Bytes.u8(frame, IP_AT + 9);
        fromHigh = 0;
        fromLow = Subnet.mapped(Bytes.u32(frame, IP_AT + 12));
        toHigh = 0;
        toLow = Subnet.mapped(Bytes.u32(frame, IP_AT + 16));
        return true;
    }

    private boolean readIpv6(MemorySegment frame, int frameBytes) {
        if (frameBytes < IP_AT + FrameWriter.IPV6_BYTES || Bytes.u8(frame, IP_AT) >>> 4 != 6) {
            return false;
        }
        ipv6 = true;
        at = IP_AT + FrameWriter.IPV6_BYTES;
        lengthBytes = Bytes.u16(frame, IP_AT + 4);
        protocol = Bytes.u8(frame, IP_AT + 6);
        hopLimit = Bytes.u8(frame, IP_AT + 7);
        fromHigh = Bytes.u64(frame, IP_AT + 8);
        fromLow = Bytes.u64(frame, IP_AT + 16);
        toHigh = Bytes.u64(frame, IP_AT + 24);
        toLow = Bytes.u64(frame, IP_AT + 32);
        boolean foreign = Subnet.isMapped(fromHigh, fromLow) || Subnet.isMapped(toHigh, toLow);
        return !foreign && lengthBytes <= frameBytes - at && skipExtensions();
    }

    /// Goes behind extension headers (RFC 8200, 4 "IPv6 Extension Headers"). Routing headers are not followed.
    private boolean skipExtensions() {
        for (int i = 0; i < MOST_EXTENSIONS; i++) {
            if (protocol != HOP_BY_HOP && protocol != DESTINATION_OPTIONS && protocol != FRAGMENT) {
                return true;
            }
            int extensionBytes = lengthBytes < FRAGMENT_BYTES || protocol == FRAGMENT ? FRAGMENT_BYTES : (u8(1) + 1) * 8;
            if (extensionBytes > lengthBytes) {
                return false;
            }
            boolean fragment = protocol == FRAGMENT;
            protocol = u8(0);
            if (fragment) {
                fragmentAt = u16(2) & ~7;
                moreFragments = (u16(2) & 1) != 0;
                identification = u32(4);
            }
            at += extensionBytes;
            lengthBytes -= extensionBytes;
            if (fragment && isFragment()) {
                return true; // what follows is looked at when it is whole
            }
        }
        return false;
    }

    /// Becomes the whole of which it was the last missing fragment. Extension headers behind the fragment header are not expected.
    void whole(MemorySegment content, int contentBytes) {
        memory = content;
        at = 0;
        lengthBytes = contentBytes;
        fragmentAt = 0;
        moreFragments = false;
    }

    boolean isFragment() {
        return fragmentAt != 0 || moreFragments;
    }

    /// Where its bytes are in the payload of the whole.
    int fragmentAt() {
        return fragmentAt;
    }

    boolean moreFragments() {
        return moreFragments;
    }

    int identification() {
        return identification;
    }

    boolean isIpv6() {
        return ipv6;
    }

    int protocol() {
        return protocol;
    }

    int hopLimit() {
        return hopLimit;
    }

    MemorySegment memory() {
        return memory;
    }

    /// Where the payload starts in [#memory()].
    int at() {
        return at;
    }

    int lengthBytes() {
        return lengthBytes;
    }

    long fromHigh() {
        return fromHigh;
    }

    long fromLow() {
        return fromLow;
    }

    long toHigh() {
        return toHigh;
    }

    long toLow() {
        return toLow;
    }

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
