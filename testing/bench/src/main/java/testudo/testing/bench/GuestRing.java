package testudo.testing.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The driver's side of a split virtqueue with `EVENT_IDX` (VIRTIO 1.3, 2.7 "Split Virtqueues"), laid out at the start of guest memory.
///
/// Request `i` owns descriptors `3 i` to `3 i + 2`, so requests need no allocation. For one thread.
final class GuestRing {
    /// Entries of the ring.
    static final int SIZE = 256;
    /// Descriptors of one request.
    static final int PER_REQUEST = 3;
    /// How many requests there can be.
    static final int REQUESTS = SIZE / PER_REQUEST;
    /// Address of the descriptors, from the start of guest memory.
    static final long DESCRIPTORS_AT = 0;
    /// Address of the available ring, from the start of guest memory.
    static final long AVAIL_AT = 0x1000;
    /// Address of the used ring, from the start of guest memory.
    static final long USED_AT = 0x2000;

    private static final int DESCRIPTOR_BYTES = 16;
    private static final int IDX = 2;
    private static final int RING = 4;
    private static final int USED_ELEMENT_BYTES = 8;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS = SHORT.varHandle();

    private final MemorySegment ram;
    private int availIdx;
    private int offeredIdx;
    private int usedIdx;

    /// Starts with empty rings.
    /// @param ram guest memory, zero where the rings are
    GuestRing(MemorySegment ram) {
        this.ram = ram;
    }

    /// Writes one of a request's descriptors.
    /// @param request 0 to [#REQUESTS] - 1
    /// @param part 0 to 2; each but the last is followed by the next one
    /// @param address guest physical
    /// @param lengthBytes of the buffer
    /// @param deviceWrites whether the device writes it
    void describe(int request, int part, long address, int lengthBytes, boolean deviceWrites) {
        int descriptor = PER_REQUEST * request + part;
        long at = DESCRIPTORS_AT + (long) DESCRIPTOR_BYTES * descriptor;
        boolean last = part == PER_REQUEST - 1;
        ram.set(LONG, at, address);
        ram.set(INT, at + 8, lengthBytes);
        ram.set(SHORT, at + 12, (short) ((last ? 0 : NEXT) | (deviceWrites ? WRITE : 0)));
        ram.set(SHORT, at + 14, (short) (last ? 0 : descriptor + 1));
    }

    /// Puts a request into the available ring; [#publish()] shows it to the device.
    /// @param request 0 to [#REQUESTS] - 1
    void add(int request) {
        ram.set(SHORT, AVAIL_AT + RING + 2L * (availIdx & (SIZE - 1)), (short) (PER_REQUEST * request));
        availIdx = (availIdx + 1) & 0xFFFF;
    }

    /// Shows what was added to the device.
    /// @return whether the device wants to be notified of it
    boolean publish() {
        int old = offeredIdx;
        if (old == availIdx) {
            return false;
        }
        // Pairs with the device's acquire of avail.idx.
        SHORTS.setRelease(ram, AVAIL_AT + IDX, (short) availIdx);
        offeredIdx = availIdx;
        // Pairs with the device's barrier between writing avail_event and reading avail.idx (2.7.10).
        VarHandle.fullFence();
        int event = ram.get(SHORT, USED_AT + RING + (long) USED_ELEMENT_BYTES * SIZE) & 0xFFFF;
        return ((availIdx - event - 1) & 0xFFFF) < ((availIdx - old) & 0xFFFF);
    }

    /// Takes a completed request.
    /// @return its number, or -1 when there is none
    int take() {
        if (!completed()) {
            return -1;
        }
        int id = ram.get(INT, USED_AT + RING + (long) USED_ELEMENT_BYTES * (usedIdx & (SIZE - 1)));
        usedIdx = (usedIdx + 1) & 0xFFFF;
        return id / PER_REQUEST;
    }

    /// Asks for an interrupt at the next completion.
    /// @return false when there is one already: don't sleep
    boolean mayAwait() {
        ram.set(SHORT, AVAIL_AT + RING + 2L * SIZE, (short) usedIdx);
        // Pairs with the device's barrier between writing used.idx and reading used_event (2.7.7).
        VarHandle.fullFence();
        return !completed();
    }

    private boolean completed() {
        // Pairs with the device's release of used.idx.
        return ((short) SHORTS.getAcquire(ram, USED_AT + IDX) & 0xFFFF) != usedIdx;
    }
}
