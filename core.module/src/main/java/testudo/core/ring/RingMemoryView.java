package testudo.core.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import testudo.spi.memory.DeviceMemory;

/// A reusable window into guest memory for descriptor tables, which need no alignment.
final class RingMemoryView {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private MemorySegment segment = MemorySegment.NULL;
    private long base;

    /// Points it to where a cursor is.
    RingMemoryView at(DeviceMemory.Cursor cursor) {
        segment = cursor.segment();
        base = cursor.offset();
        return this;
    }

    long getLong(long offset) {
        return segment.get(LONG, base + offset);
    }
}
