package testudo.plugin.disk.raw;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.spi.memory.BufferList;

/// Aligned memory for direct I/O whose own buffers are not aligned.
final class BounceBuffers {
    static final int COUNT = 4;
    static final int SIZE_BYTES = 256 * 1024;

    private final MemorySegment memory;
    private final int alignmentBytes;
    private final BufferList[] lists = new BufferList[COUNT];
    private final int[] free = new int[COUNT];
    private int freeCount;

    /// Makes the buffers; none when nothing has to be aligned.
    BounceBuffers(int alignmentBytes, Arena arena) {
        this.alignmentBytes = alignmentBytes;
        memory = alignmentBytes == 1
                ? MemorySegment.NULL
                : arena.allocate((long) COUNT * SIZE_BYTES, Math.max(alignmentBytes, Long.BYTES));
        for (int i = 0; i < COUNT; i++) {
            lists[i] = new BufferList(1);
            free[freeCount++] = i;
        }
    }

    /// Whether the next bytes of a list can't be given to direct I/O as they are.
    boolean neededFor(BufferList list, long lengthBytes) {
        if (alignmentBytes == 1) {
            return false;
        }
        long left = lengthBytes;
        int from = list.cursorOffset();
        for (int i = list.cursorPiece(); left > 0; i++) {
            long length = Math.min(left, list.lengthBytes(i) - from);
            long address = list.segment(i).address() + list.offset(i) + from;
            if (((address | length) & (alignmentBytes - 1)) != 0) {
                return true;
            }
            left -= length;
            from = 0;
        }
        return false;
    }

    boolean aligned(long positionOrLength) {
        return (positionOrLength & (alignmentBytes - 1)) == 0;
    }

    /// Takes a buffer.
    /// @return its number or [RawOperation#NO_BOUNCE]
    int take() {
        return freeCount == 0 ? RawOperation.NO_BOUNCE : free[--freeCount];
    }

    void release(int buffer) {
        free[freeCount++] = buffer;
    }

    /// The start of a buffer as a list, cursor at its start.
    BufferList list(int buffer, long lengthBytes) {
        BufferList list = lists[buffer];
        list.clear();
        list.add(memory, (long) buffer * SIZE_BYTES, (int) lengthBytes, 0);
        return list;
    }

    void copyOut(int buffer, BufferList to, long lengthBytes) {
        to.write(memory, (long) buffer * SIZE_BYTES, lengthBytes);
    }

    void copyIn(int buffer, BufferList from, long lengthBytes) {
        from.read(memory, (long) buffer * SIZE_BYTES, lengthBytes);
    }
}
