package testudo.testing.driver;

import java.lang.invoke.VarHandle;

/// The driver's side of a packed virtqueue (VIRTIO 1.3, 2.8 "Packed Virtqueues").
public final class PackedDriver extends FakeDriver {
    private static final int AVAILABLE = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int WRAP = 1 << 15;

    private final int[] freeIds;
    private final int[] slotsOf;
    private int freeIdCount;
    private int freeSlots;
    private int next;
    private boolean wrap = true;
    private int offered;
    private int lastUsed;
    private boolean usedWrap = true;

    /// Makes a queue in RAM.
    /// @param ram where the ring goes
    /// @param size 1 to 32768
    /// @param eventIdx whether `VIRTIO_F_EVENT_IDX` was negotiated
    public PackedDriver(GuestRam ram, int size, boolean eventIdx) {
        super(ram, size, eventIdx, 4, 4);
        freeIds = new int[size];
        slotsOf = new int[size];
        for (int i = 0; i < size; i++) {
            freeIds[i] = size - 1 - i;
        }
        freeIdCount = size;
        freeSlots = size;
    }

    @Override
    public int offer() {
        int length = chainLength();
        if (length == 0 || length > freeSlots) {
            return -1;
        }
        int id = freeIds[--freeIdCount];
        slotsOf[id] = length;
        freeSlots -= length;
        int head = next;
        int headFlags = 0;
        for (int i = 0; i < length; i++) {
            int flags = (chainWrites(i) ? WRITE : 0) | (i + 1 == length ? 0 : NEXT) | availableFlags();
            writeBody(next, chainAddress(i), chainBytes(i), id);
            if (i == 0) {
                headFlags = flags;
            } else {
                ram.set(SHORT, flagsAt(next), (short) flags);
            }
            step();
        }
        offered += length;
        ORDERED_SHORT.setRelease(ram, flagsAt(head), (short) headFlags);
        return id;
    }

    @Override
    int offerTable() {
        if (freeSlots == 0) {
            return -1;
        }
        int id = freeIds[--freeIdCount];
        slotsOf[id] = 1;
        freeSlots--;
        int head = next;
        int flags = INDIRECT | availableFlags();
        writeBody(head, chainAddress(0), chainBytes(0), id);
        step();
        offered++;
        ORDERED_SHORT.setRelease(ram, flagsAt(head), (short) flags);
        return id;
    }

    @Override
    void putTableEntry(long table, int entry, boolean last) {
        long at = at(table) + (long) entry * DESCRIPTOR_BYTES;
        ram.set(LONG, at, chainAddress(entry));
        ram.set(INT, at + 8, chainBytes(entry));
        ram.set(SHORT, at + 12, (short) 0);
        ram.set(SHORT, at + 14, (short) (chainWrites(entry) ? WRITE : 0));
    }

    @Override
    public boolean kickDue() {
        // Pairs with the device's fence between asking for a notification and its second look at the flags.
        VarHandle.fullFence();
        int added = offered;
        offered = 0;
        int request = ram.get(INT, at(deviceArea));
        int mode = request >>> 16 & 3;
        if (mode != 2 || !eventIdx) {
            return mode != 1 && added != 0;
        }
        int event = request & (WRAP - 1);
        if ((request & WRAP) != 0 != wrap) {
            event -= size;
        }
        return ((next - event - 1) & 0xFFFF) < added;
    }

    @Override
    public int poll() {
        int flags = (short) ORDERED_SHORT.getAcquire(ram, flagsAt(lastUsed));
        if ((flags & AVAILABLE) != 0 != usedWrap || (flags & USED) != 0 != usedWrap) {
            return -1;
        }
        long at = at(descriptors) + (long) lastUsed * DESCRIPTOR_BYTES;
        int id = ram.get(SHORT, at + 12) & 0xFFFF;
        used(ram.get(INT, at + 8));
        if (id < size) {
            freeIds[freeIdCount++] = id;
            freeSlots += slotsOf[id];
            lastUsed += slotsOf[id];
            if (lastUsed >= size) {
                lastUsed -= size;
                usedWrap = !usedWrap;
            }
        }
        return id;
    }

    @Override
    public void wantInterrupt() {
        int request = eventIdx ? 2 << 16 | lastUsed | (usedWrap ? WRAP : 0) : 0;
        ram.set(INT, at(driverArea), request);
        // Pairs with the device's fence between its flags and its look at this request.
        VarHandle.fullFence();
    }

    @Override
    public void refuseInterrupts() {
        ram.set(INT, at(driverArea), 1 << 16);
    }

    @Override
    public void writeDescriptor(int slot, long address, int lengthBytes, int flags, int last) {
        writeBody(slot, address, lengthBytes, last);
        ORDERED_SHORT.setRelease(ram, flagsAt(slot), (short) flags);
    }

    /// The flag bits that make a descriptor available in the current round.
    /// @return bits 7 and 15
    public int availableFlags() {
        return wrap ? AVAILABLE : USED;
    }

    private void writeBody(int slot, long address, int lengthBytes, int id) {
        long at = at(descriptors) + (long) slot * DESCRIPTOR_BYTES;
        ram.set(LONG, at, address);
        ram.set(INT, at + 8, lengthBytes);
        ram.set(SHORT, at + 12, (short) id);
    }

    private void step() {
        next++;
        if (next == size) {
            next = 0;
            wrap = !wrap;
        }
    }

    private long flagsAt(int slot) {
        return at(descriptors) + (long) slot * DESCRIPTOR_BYTES + 14;
    }
}
