package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Mapping;
import testudo.spi.memory.BufferList;

/// What both rings keep of operations under way: a slot each, with the token and room for its I/O vector. Owned by one thread.
final class RingSlots {
    static final int MAX_PIECES = 1024;
    private static final long VECTOR_BYTES = MAX_PIECES * Iovec.SIZE;

    private final MemorySegment vectors;
    private final long[] tokens;
    private final int[] free;
    private int freeCount;

    /// Makes slots; the vectors are charged only as far as they are used.
    RingSlots(int depth, Arena arena) {
        vectors = Mapping.anonymous(VECTOR_BYTES * depth, arena);
        tokens = new long[depth];
        free = new int[depth];
        for (int i = 0; i < depth; i++) {
            free[i] = depth - 1 - i;
        }
        freeCount = depth;
    }

    int space() {
        return freeCount;
    }

    /// Takes a slot; there must be space.
    int take(long token) {
        int slot = free[--freeCount];
        tokens[slot] = token;
        return slot;
    }

    /// Gives a slot back.
    /// @return its token
    long release(int slot) {
        free[freeCount++] = slot;
        return tokens[slot];
    }

    /// The address of a slot's I/O vector.
    long vector(int slot) {
        return vectors.address() + slot * VECTOR_BYTES;
    }

    /// Address and length of the first piece of a slot's vector.
    long firstBase(int slot) {
        return vectors.get(JAVA_LONG, slot * VECTOR_BYTES + Iovec.IOV_BASE);
    }

    /// Whether the next bytes of a list fit one vector. Does not move the cursor.
    static boolean fits(BufferList list, long lengthBytes) {
        if (lengthBytes <= 0 || lengthBytes > list.remainingBytes()) {
            throw new IndexOutOfBoundsException(
                    "%d bytes of a list with %d left".formatted(lengthBytes, list.remainingBytes()));
        }
        long left = lengthBytes + list.cursorOffset();
        int pieces = 0;
        for (int i = list.cursorPiece(); left > 0; i++) {
            left -= list.lengthBytes(i);
            pieces++;
        }
        return pieces <= MAX_PIECES;
    }

    /// Writes a slot's vector for the next bytes of a list that [#fits], and moves the cursor.
    /// @return the number of pieces
    int fill(int slot, BufferList list, long lengthBytes, boolean kernelWrites) {
        long at = slot * VECTOR_BYTES;
        long left = lengthBytes;
        int from = list.cursorOffset();
        int pieces = 0;
        for (int i = list.cursorPiece(); left > 0; i++) {
            int length = (int) Math.min(left, list.lengthBytes(i) - from);
            if (length > 0) {
                MemorySegment segment = list.segment(i);
                long offset = list.offset(i) + from;
                long base = kernelWrites
                        ? NativeRange.forWriting(segment, offset, length)
                        : NativeRange.forReading(segment, offset, length);
                vectors.set(JAVA_LONG, at + Iovec.IOV_BASE, base);
                vectors.set(JAVA_LONG, at + Iovec.IOV_LEN, length);
                at += Iovec.SIZE;
                pieces++;
            }
            left -= length;
            from = 0;
        }
        list.skip(lengthBytes);
        return pieces;
    }
}
