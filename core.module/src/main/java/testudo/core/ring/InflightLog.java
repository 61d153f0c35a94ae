package testudo.core.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import testudo.spi.virtio.QueueFault;

/// Which chains of a split ring are under way, in memory that outlives the process that serves the ring: the next one does again what
/// was not done, and nothing else, in whatever order requests were completed (vhost-user protocol, "Inflight I/O tracking", `QueueRegionSplit`).
///
/// The memory comes back by way of a front-end that may have changed it: it is read and checked once, in [#recover], and then only written.
/// Owned by the queue's thread.
public final class InflightLog {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int ALIGNMENT = 64;
    private static final int HEADER_BYTES = 16;
    private static final int ENTRY_BYTES = 16;
    private static final int VERSION_AT = 8;
    private static final int SIZE_AT = 10;
    private static final int LAST_HEAD_AT = 12;
    private static final int USED_AT = 14;
    private static final int NEXT_AT = 6;
    private static final int COUNTER_AT = 8;
    private static final short VERSION = 1;

    private final MemorySegment region;
    private final int size;
    /// What was completed and not yet published.
    private final int[] batch;
    private int batched;
    private long counter;

    /// Looks at the memory of a ring.
    /// @param region [#bytesFor] bytes
    /// @param size the ring's size
    public InflightLog(MemorySegment region, int size) {
        this.region = region.asSlice(0, bytesFor(size));
        this.size = size;
        batch = new int[size];
    }

    /// How much memory a ring takes.
    /// @param size the ring's size
    /// @return bytes, a multiple of 64
    public static long bytesFor(int size) {
        return (HEADER_BYTES + (long) ENTRY_BYTES * size + ALIGNMENT - 1) & -ALIGNMENT;
    }

    /// Finds what another process has left under way. Before anything else.
    /// @param used how far the ring was used
    /// @return head descriptors in the order in which they were taken
    /// @throws QueueFault when the memory does not fit the ring
    int[] recover(int used) {
        if (region.get(SHORT, VERSION_AT) != VERSION || number(SIZE_AT) != size) {
            region.fill((byte) 0);
            region.set(SHORT, SIZE_AT, (short) size);
            region.set(SHORT, USED_AT, (short) used);
            region.set(SHORT, VERSION_AT, VERSION);
            return new int[0];
        }
        forgetPublished((used - number(USED_AT)) & 0xFFFF);
        region.set(SHORT, USED_AT, (short) used);
        int[] heads = IntStream.range(0, size)
                .filter(head -> region.get(ValueLayout.JAVA_BYTE, entry(head)) != 0)
                .boxed()
                .sorted(Comparator.comparingLong(this::counterOf))
                .mapToInt(Integer::intValue)
                .toArray();
        counter = Arrays.stream(heads).mapToLong(this::counterOf).max().orElse(0) + 1;
        return heads;
    }

    /// The other process ended after the used index was written and before this was.
    private void forgetPublished(int count) {
        int head = number(LAST_HEAD_AT);
        for (int i = 0; i < count; i++) {
            if (i == size || head >= size) {
                throw new QueueFault("what is noted as under way does not fit the ring");
            }
            region.set(ValueLayout.JAVA_BYTE, entry(head), (byte) 0);
            head = number(entry(head) + NEXT_AT);
        }
    }

    private long counterOf(int head) {
        return region.get(LONG, entry(head) + COUNTER_AT);
    }

    private int number(long at) {
        return Short.toUnsignedInt(region.get(SHORT, at));
    }

    private static long entry(int head) {
        return HEADER_BYTES + (long) ENTRY_BYTES * head;
    }

    /// Notes that a chain is under way.
    void taken(int head) {
        region.set(LONG, entry(head) + COUNTER_AT, counter++);
        VarHandle.releaseFence();
        region.set(ValueLayout.JAVA_BYTE, entry(head), (byte) 1);
    }

    /// Notes that a chain is done: its element is in the used ring, and nobody has been told.
    void completed(int head) {
        region.set(SHORT, entry(head) + NEXT_AT, region.get(SHORT, LAST_HEAD_AT));
        VarHandle.releaseFence();
        region.set(SHORT, LAST_HEAD_AT, (short) head);
        batch[batched++] = head;
    }

    /// Notes that the driver has been told of everything that was completed.
    /// @param used the index that was written
    void published(int used) {
        VarHandle.releaseFence();
        for (int i = 0; i < batched; i++) {
            region.set(ValueLayout.JAVA_BYTE, entry(batch[i]), (byte) 0);
        }
        VarHandle.releaseFence();
        region.set(SHORT, USED_AT, (short) used);
        batched = 0;
    }
}
