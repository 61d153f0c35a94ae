package testudo.testing.tck;

import java.util.Arrays;

/// Choices that are read from the bytes of a fuzzer, so that each input is a program for a target. Behind the last byte everything is 0. One thread.
public final class FuzzInput {
    private final byte[] bytes;
    private int at;

    /// Reads from the start.
    /// @param bytes of any length; not changed
    public FuzzInput(byte[] bytes) {
        this.bytes = bytes;
    }

    /// Whether nothing is left.
    /// @return true when all further choices are 0
    public boolean isEmpty() {
        return at >= bytes.length;
    }

    /// A byte.
    /// @return 0 to 255
    public int u8() {
        return at < bytes.length ? bytes[at++] & 0xFF : 0;
    }

    /// Two bytes, the high one first.
    /// @return 0 to 65,535
    public int u16() {
        return u8() << 8 | u8();
    }

    /// Four bytes, the high one first.
    /// @return any value
    public int i32() {
        return u16() << 16 | u16();
    }

    /// Eight bytes, the high one first.
    /// @return any value
    public long i64() {
        return (long) i32() << 32 | Integer.toUnsignedLong(i32());
    }

    /// A small number around 0, at times a large one: what counters and sequence numbers are moved by.
    /// @return any value
    public int delta() {
        int first = u8();
        return first < 0xF0 ? (byte) (first < 0x78 ? first : first - 0xF0) : i32();
    }

    /// The bytes that follow.
    /// @param most how many are wanted
    /// @return as many, fewer at the end
    public byte[] bytes(int most) {
        int end = Math.min(bytes.length, at + most);
        byte[] taken = Arrays.copyOfRange(bytes, at, end);
        at = end;
        return taken;
    }
}
