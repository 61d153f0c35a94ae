package testudo.spi.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/// A list of pieces of memory, read or written as one stream through a cursor: one direction of a descriptor chain, or an I/O vector.
///
/// Reused for every request; nothing allocates after the arrays have grown to the largest chain. Owned by one thread.
public final class BufferList {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MemorySegment[] segments;
    private long[] offsets;
    private int[] lengths;
    private long[] addresses;
    private int count;
    private long sizeBytes;
    private int piece;
    private int pieceOffset;
    private long position;

    /// Makes an empty list.
    /// @param capacity pieces to make room for now, at least 1
    public BufferList(int capacity) {
        segments = new MemorySegment[capacity];
        Arrays.fill(segments, MemorySegment.NULL);
        offsets = new long[capacity];
        lengths = new int[capacity];
        addresses = new long[capacity];
    }

    /// Forgets all pieces.
    public void clear() {
        count = 0;
        sizeBytes = 0;
        rewind();
    }

    /// Puts the cursor to the start.
    public void rewind() {
        piece = 0;
        pieceOffset = 0;
        position = 0;
    }

    /// Adds a piece at the end.
    /// @param segment the memory that holds it
    /// @param offset where it starts in `segment`; the caller has checked the range
    /// @param lengthBytes 0 or more
    /// @param address the address by which the driver knows it, for dirty marking; 0 when there is none
    public void add(MemorySegment segment, long offset, int lengthBytes, long address) {
        Objects.checkFromIndexSize(offset, lengthBytes, segment.byteSize());
        if (count == lengths.length) {
            grow();
        }
        segments[count] = segment;
        offsets[count] = offset;
        lengths[count] = lengthBytes;
        addresses[count] = address;
        count++;
        sizeBytes += lengthBytes;
    }

    /// How many pieces there are.
    /// @return 0 or more
    public int count() {
        return count;
    }

    /// The length of all pieces together.
    /// @return bytes
    public long sizeBytes() {
        return sizeBytes;
    }

    /// What lies behind the cursor.
    /// @return bytes
    public long remainingBytes() {
        return sizeBytes - position;
    }

    /// How far the cursor has come.
    /// @return bytes
    public long position() {
        return position;
    }

    /// The memory of a piece.
    /// @param index 0 to [#count()] - 1
    /// @return a segment larger than the piece
    public MemorySegment segment(int index) {
        return segments[index];
    }

    /// Where a piece starts in its segment.
    /// @param index 0 to [#count()] - 1
    /// @return byte offset
    public long offset(int index) {
        return offsets[index];
    }

    /// The length of a piece.
    /// @param index 0 to [#count()] - 1
    /// @return bytes
    public int lengthBytes(int index) {
        return lengths[index];
    }

    /// The driver's address of a piece.
    /// @param index 0 to [#count()] - 1
    /// @return an address
    public long address(int index) {
        return addresses[index];
    }

    /// The piece the cursor is in.
    /// @return an index; [#count()] at the end
    public int cursorPiece() {
        return piece;
    }

    /// Where in that piece the cursor is.
    /// @return byte offset
    public int cursorOffset() {
        return pieceOffset;
    }

    /// Moves the cursor forward.
    /// @param bytes 0 to [#remainingBytes()]
    public void skip(long bytes) {
        Objects.checkFromIndexSize(position, bytes, sizeBytes);
        long left = bytes;
        while (left > 0) {
            int step = (int) Math.min(left, lengths[piece] - pieceOffset);
            advance(step);
            left -= step;
        }
    }

    /// Copies from the cursor on, and moves it.
    /// @param to where to
    /// @param offset in `to`
    /// @param lengthBytes how much at most
    /// @return bytes copied: the smaller of `lengthBytes` and [#remainingBytes()]
    public long read(MemorySegment to, long offset, long lengthBytes) {
        long want = Math.min(lengthBytes, remainingBytes());
        for (long done = 0; done < want;) {
            int step = (int) Math.min(want - done, lengths[piece] - pieceOffset);
            MemorySegment.copy(segments[piece], offsets[piece] + pieceOffset, to, offset + done, step);
            advance(step);
            done += step;
        }
        return want;
    }

    /// Copies to the cursor, and moves it.
    /// @param from where from
    /// @param offset in `from`
    /// @param lengthBytes how much at most
    /// @return bytes copied: the smaller of `lengthBytes` and [#remainingBytes()]
    public long write(MemorySegment from, long offset, long lengthBytes) {
        long want = Math.min(lengthBytes, remainingBytes());
        for (long done = 0; done < want;) {
            int step = (int) Math.min(want - done, lengths[piece] - pieceOffset);
            MemorySegment.copy(from, offset + done, segments[piece], offsets[piece] + pieceOffset, step);
            advance(step);
            done += step;
        }
        return want;
    }

    /// Writes one byte at the cursor.
    /// @param value the low 8 bits count
    /// @return false when there is no room
    public boolean writeByte(int value) {
        if (remainingBytes() < 1) {
            return false;
        }
        skipEmpty();
        segments[piece].set(ValueLayout.JAVA_BYTE, offsets[piece] + pieceOffset, (byte) value);
        advance(1);
        return true;
    }

    /// Reads one byte at the cursor.
    /// @return 0 to 255, or -1 when there is none
    public int readByte() {
        if (remainingBytes() < 1) {
            return -1;
        }
        skipEmpty();
        int value = segments[piece].get(ValueLayout.JAVA_BYTE, offsets[piece] + pieceOffset) & 0xFF;
        advance(1);
        return value;
    }

    /// Reads a little-endian 32-bit value at the cursor, also across pieces.
    /// @return the value
    /// @throws IndexOutOfBoundsException when fewer than 4 bytes are left: check [#remainingBytes()] first
    public int readInt() {
        Objects.checkFromIndexSize(position, 4, sizeBytes);
        skipEmpty();
        if (lengths[piece] - pieceOffset >= 4) {
            int value = segments[piece].get(INT, offsets[piece] + pieceOffset);
            advance(4);
            return value;
        }
        return readByte() | readByte() << 8 | readByte() << 16 | readByte() << 24;
    }

    /// Reads a little-endian 64-bit value at the cursor, also across pieces.
    /// @return the value
    /// @throws IndexOutOfBoundsException when fewer than 8 bytes are left: check [#remainingBytes()] first
    public long readLong() {
        Objects.checkFromIndexSize(position, 8, sizeBytes);
        return Integer.toUnsignedLong(readInt()) | (long) readInt() << 32;
    }

    private void advance(int bytes) {
        pieceOffset += bytes;
        position += bytes;
        if (pieceOffset == lengths[piece]) {
            piece++;
            pieceOffset = 0;
        }
    }

    private void skipEmpty() {
        while (lengths[piece] == pieceOffset) {
            piece++;
            pieceOffset = 0;
        }
    }

    private void grow() {
        int old = lengths.length;
        segments = Arrays.copyOf(segments, old * 2);
        Arrays.fill(segments, old, old * 2, MemorySegment.NULL);
        offsets = Arrays.copyOf(offsets, old * 2);
        lengths = Arrays.copyOf(lengths, old * 2);
        addresses = Arrays.copyOf(addresses, old * 2);
    }
}
