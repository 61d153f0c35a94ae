package testudo.core.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.QueueFault;

/// A piece of guest memory that holds part of a ring, looked up once when the queue is made.
///
/// The piece is a slice of its own: an offset in it is the ring's, with nothing to add and one bound to check.
/// @param segment the piece
record RingMemory(MemorySegment segment) {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS = SHORT.varHandle();
    private static final VarHandle INTS = INT.varHandle();
    private static final VarHandle LONGS = LONG.varHandle();

    static RingMemory find(DeviceMemory memory, long address, long sizeBytes, int alignment, boolean writable) {
        if ((address & (alignment - 1)) != 0) {
            throw new QueueFault("a ring address is not aligned");
        }
        DeviceMemory.Cursor cursor = memory.cursor();
        if (!cursor.seek(address, sizeBytes, writable)) {
            throw new QueueFault("a ring is not in guest memory");
        }
        return new RingMemory(cursor.segment().asSlice(cursor.offset(), sizeBytes));
    }

    int getShort(long offset) {
        return segment.get(SHORT, offset) & 0xFFFF;
    }

    int getInt(long offset) {
        return segment.get(INT, offset);
    }

    long getLong(long offset) {
        return segment.get(LONG, offset);
    }

    void putShort(long offset, int value) {
        segment.set(SHORT, offset, (short) value);
    }

    void putInt(long offset, int value) {
        segment.set(INT, offset, value);
    }

    int getShortAcquire(long offset) {
        return (short) SHORTS.getAcquire(segment, offset) & 0xFFFF;
    }

    void putShortRelease(long offset, int value) {
        SHORTS.setRelease(segment, offset, (short) value);
    }

    long getLongAcquire(long offset) {
        return (long) LONGS.getAcquire(segment, offset);
    }

    void putIntRelease(long offset, int value) {
        INTS.setRelease(segment, offset, value);
    }
}
