package testudo.plugin.net.user;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Fields in network byte order, and the Internet checksum (RFC 1071).
final class Bytes {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort LITTLE_SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    static int u8(MemorySegment at, long offset) {
        return at.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    static int u16(MemorySegment at, long offset) {
        return at.get(SHORT, offset) & 0xFFFF;
    }

    static int u32(MemorySegment at, long offset) {
        return at.get(INT, offset);
    }

    /// Six bytes as a number.
    static long u48(MemorySegment at, long offset) {
        return (long) u16(at, offset) << 32 | Integer.toUnsignedLong(u32(at, offset + 2));
    }

    static long u64(MemorySegment at, long offset) {
        return at.get(LONG, offset);
    }

    static void put8(MemorySegment at, long offset, int value) {
        at.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    static void put16(MemorySegment at, long offset, int value) {
        at.set(SHORT, offset, (short) value);
    }

    static void put32(MemorySegment at, long offset, int value) {
        at.set(INT, offset, value);
    }

    static void put48(MemorySegment at, long offset, long value) {
        put16(at, offset, (int) (value >>> 32));
        put32(at, offset + 2, (int) value);
    }

    static void put64(MemorySegment at, long offset, long value) {
        at.set(LONG, offset, value);
    }

    /// The header in front of a frame is little-endian.
    static void putLittle16(MemorySegment at, long offset, int value) {
        at.set(LITTLE_SHORT, offset, (short) value);
    }

    /// The sum of 16-bit words, not folded.
    /// @param sum what to start from
    static long sum(MemorySegment at, long offset, int lengthBytes, long sum) {
        long result = sum;
        int i = 0;
        for (; i + 4 <= lengthBytes; i += 4) {
            result += Integer.toUnsignedLong(u32(at, offset + i)); // two words at once: the carries meet when it is folded
        }
        if (i + 2 <= lengthBytes) {
            result += u16(at, offset + i);
            i += 2;
        }
        if (i < lengthBytes) {
            result += (long) u8(at, offset + i) << 8;
        }
        return result;
    }

    /// The sum of the words of an address, as [#sum] has it.
    static long sum(long high, long low) {
        return (high >>> 32) + (high & 0xFFFF_FFFFL) + (low >>> 32) + (low & 0xFFFF_FFFFL);
    }

    /// Folds a sum to 16 bits.
    static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xFFFF_FFFFL);
        while (folded >>> 16 != 0) {
            folded = (folded >>> 16) + (folded & 0xFFFF);
        }
        return (int) folded;
    }

    /// The checksum field's value for a sum.
    static int checksum(long sum) {
        return ~fold(sum) & 0xFFFF;
    }
}
