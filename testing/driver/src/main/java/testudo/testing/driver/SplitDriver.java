package testudo.testing.driver;

import java.lang.invoke.VarHandle;

/// The driver's side of a split virtqueue (VIRTIO 1.3, 2.7 "Split Virtqueues").
public final class SplitDriver extends FakeDriver {
    private final int[] nextFree;
    private int firstFree;
    private int freeCount;
    private int available;
    private int notified;
    private int lastUsed;

    /// Makes a queue in RAM.
    /// @param ram where the rings go
    /// @param size a power of two
    /// @param eventIdx whether `VIRTIO_F_EVENT_IDX` was negotiated
    public SplitDriver(GuestRam ram, int size, boolean eventIdx) {
        super(ram, size, eventIdx, 6 + 2L * size, 6 + 8L * size);
        nextFree = new int[size];
        for (int i = 0; i < size; i++) {
            nextFree[i] = i + 1;
        }
        freeCount = size;
    }

    @Override
    public int offer() {
        int length = chainLength();
        if (length == 0 || length > freeCount) {
            return -1;
        }
        int head = firstFree;
        int slot = head;
        for (int i = 0; i < length; i++) {
            boolean last = i + 1 == length;
            int next = nextFree[slot];
            int flags = (chainWrites(i) ? WRITE : 0) | (last ? 0 : NEXT);
            writeDescriptor(slot, chainAddress(i), chainBytes(i), flags, last ? 0 : next);
            firstFree = next;
            slot = next;
        }
        freeCount -= length;
        publish(head);
        return head;
    }

    @Override
    int offerTable() {
        if (freeCount == 0) {
            return -1;
        }
        int head = firstFree;
        firstFree = nextFree[head];
        freeCount--;
        writeDescriptor(head, chainAddress(0), chainBytes(0), INDIRECT, 0);
        publish(head);
        return head;
    }

    @Override
    void putTableEntry(long table, int entry, boolean last) {
        int flags = (chainWrites(entry) ? WRITE : 0) | (last ? 0 : NEXT);
        long at = at(table) + (long) entry * DESCRIPTOR_BYTES;
        ram.set(LONG, at, chainAddress(entry));
        ram.set(INT, at + 8, chainBytes(entry));
        ram.set(SHORT, at + 12, (short) flags);
        ram.set(SHORT, at + 14, (short) (last ? 0 : entry + 1));
    }

    private void publish(int head) {
        writeAvailable(available, head);
        available = (available + 1) & 0xFFFF;
        writeAvailableIndex(available);
    }

    @Override
    public boolean kickDue() {
        // Pairs with the device's fence between asking for a notification and its second look at the index.
        VarHandle.fullFence();
        int old = notified;
        notified = available;
        if (eventIdx) {
            int event = ram.get(SHORT, at(deviceArea) + 4 + 8L * size) & 0xFFFF;
            return ((available - event - 1) & 0xFFFF) < ((available - old) & 0xFFFF);
        }
        return (ram.get(SHORT, at(deviceArea)) & 1) == 0 && available != old;
    }

    @Override
    public int poll() {
        if (usedIndex() == lastUsed) {
            return -1;
        }
        long element = at(deviceArea) + 4 + 8L * (lastUsed & (size - 1));
        int head = ram.get(INT, element);
        used(ram.get(INT, element + 4));
        lastUsed = (lastUsed + 1) & 0xFFFF;
        if (head >= 0 && head < size) {
            free(head);
        }
        return head;
    }

    private void free(int head) {
        int slot = head;
        int length = 1;
        while ((flags(slot) & NEXT) != 0 && length < size) {
            slot = nextFree[slot];
            length++;
        }
        nextFree[slot] = firstFree;
        firstFree = head;
        freeCount += length;
    }

    private int flags(int slot) {
        return ram.get(SHORT, at(descriptors) + (long) slot * DESCRIPTOR_BYTES + 12);
    }

    /// The device's index.
    /// @return 16 bits
    public int usedIndex() {
        return (short) ORDERED_SHORT.getAcquire(ram, at(deviceArea) + 2) & 0xFFFF;
    }

    @Override
    public void wantInterrupt() {
        ram.set(SHORT, at(driverArea), (short) 0);
        ram.set(SHORT, at(driverArea) + 4 + 2L * size, (short) lastUsed);
        // Pairs with the device's fence between its index and its look at this request.
        VarHandle.fullFence();
    }

    @Override
    public void refuseInterrupts() {
        ram.set(SHORT, at(driverArea), (short) 1);
        ram.set(SHORT, at(driverArea) + 4 + 2L * size, (short) (lastUsed - 1));
    }

    @Override
    public void writeDescriptor(int slot, long address, int lengthBytes, int flags, int last) {
        long at = at(descriptors) + (long) slot * DESCRIPTOR_BYTES;
        ram.set(LONG, at, address);
        ram.set(INT, at + 8, lengthBytes);
        ram.set(SHORT, at + 12, (short) flags);
        ram.set(SHORT, at + 14, (short) last);
    }

    /// Writes an entry of the available ring as it is.
    /// @param index the entry, modulo the size
    /// @param head any 16 bits
    public void writeAvailable(int index, int head) {
        ram.set(SHORT, at(driverArea) + 4 + 2L * (index & (size - 1)), (short) head);
    }

    /// Writes the available index as it is.
    /// @param index any 16 bits
    public void writeAvailableIndex(int index) {
        ORDERED_SHORT.setRelease(ram, at(driverArea) + 2, (short) index);
    }
}
