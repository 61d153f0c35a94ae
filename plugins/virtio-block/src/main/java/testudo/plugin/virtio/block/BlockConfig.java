package testudo.plugin.virtio.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// The configuration space (VIRTIO 1.3, 5.2.4 "Device configuration layout"). All of it is read-only to the driver.
final class BlockConfig {
    static final int SIZE_BYTES = 60;
    static final int MAX_RANGES = 32;
    private static final int CAPACITY = 0;
    private static final int SEG_MAX = 12;
    private static final int BLK_SIZE = 20;
    private static final int NUM_QUEUES = 34;
    private static final int MAX_DISCARD_SECTORS = 36;
    private static final int MAX_DISCARD_SEG = 40;
    private static final int DISCARD_SECTOR_ALIGNMENT = 44;
    private static final int MAX_WRITE_ZEROES_SECTORS = 48;
    private static final int MAX_WRITE_ZEROES_SEG = 52;
    private static final int WRITE_ZEROES_MAY_UNMAP = 56;
    /// In sectors: 64 KiB, a size that file systems of the host can free.
    private static final int DISCARD_ALIGNMENT = 128;

    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes = MemorySegment.ofArray(new byte[SIZE_BYTES]);

    BlockConfig(int blockSize, int segments, int queues) {
        bytes.set(U32, SEG_MAX, segments);
        bytes.set(U32, BLK_SIZE, blockSize);
        bytes.set(U16, NUM_QUEUES, (short) queues);
        bytes.set(U32, MAX_DISCARD_SECTORS, -1);
        bytes.set(U32, MAX_DISCARD_SEG, MAX_RANGES);
        bytes.set(U32, DISCARD_SECTOR_ALIGNMENT, DISCARD_ALIGNMENT);
        bytes.set(U32, MAX_WRITE_ZEROES_SECTORS, -1);
        bytes.set(U32, MAX_WRITE_ZEROES_SEG, MAX_RANGES);
        bytes.set(ValueLayout.JAVA_BYTE, WRITE_ZEROES_MAY_UNMAP, (byte) 1);
    }

    void capacity(long sectors) {
        bytes.set(U64, CAPACITY, sectors);
    }

    long read(int offset, int sizeBytes) {
        return switch (sizeBytes) {
            case 1 -> bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xFFL;
            case 2 -> bytes.get(U16, offset) & 0xFFFFL;
            case 4 -> Integer.toUnsignedLong(bytes.get(U32, offset));
            default -> bytes.get(U64, offset);
        };
    }
}
