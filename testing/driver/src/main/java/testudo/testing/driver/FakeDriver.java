package testudo.testing.driver;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The driver's side of one virtqueue over real RAM. One thread, which may be another than the device's. Does not allocate
/// after it was made.
///
/// A chain is built with [#begin()], [#readable], [#writable] and [#offer()]. What a well-behaved driver would not do is
/// possible through [#writeDescriptor] and the raw methods of the subclasses.
public abstract sealed class FakeDriver permits SplitDriver, PackedDriver {
    /// Descriptor flag: the chain goes on.
    public static final int NEXT = 1;
    /// Descriptor flag: the device writes.
    public static final int WRITE = 2;
    /// Descriptor flag: the buffer is a table.
    public static final int INDIRECT = 4;
    /// Bytes of a descriptor.
    public static final int DESCRIPTOR_BYTES = 16;

    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final VarHandle ORDERED_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    final MemorySegment ram;
    final long ramStart;
    final int size;
    final boolean eventIdx;
    final long descriptors;
    final long driverArea;
    final long deviceArea;
    private final long[] addresses;
    private final int[] lengths;
    private final boolean[] writes;
    private int count;
    private long usedBytes;

    FakeDriver(GuestRam ram, int size, boolean eventIdx, long driverAreaBytes, long deviceAreaBytes) {
        this.ram = ram.bytes();
        this.ramStart = ram.gpa();
        this.size = size;
        this.eventIdx = eventIdx;
        descriptors = ram.allocate((long) size * DESCRIPTOR_BYTES, 16);
        driverArea = ram.allocate(driverAreaBytes, 4);
        deviceArea = ram.allocate(deviceAreaBytes, 4);
        addresses = new long[size];
        lengths = new int[size];
        writes = new boolean[size];
    }

    /// The queue's size.
    /// @return number of descriptors
    public final int size() {
        return size;
    }

    /// Where the descriptor table or ring is.
    /// @return guest physical address
    public final long descriptors() {
        return descriptors;
    }

    /// Where the available ring or the driver event suppression structure is.
    /// @return guest physical address
    public final long driverArea() {
        return driverArea;
    }

    /// Where the used ring or the device event suppression structure is.
    /// @return guest physical address
    public final long deviceArea() {
        return deviceArea;
    }

    /// Starts a chain.
    public final void begin() {
        count = 0;
    }

    /// Adds a buffer that the device reads.
    /// @param address guest physical address
    /// @param lengthBytes unsigned 32 bits
    public final void readable(long address, int lengthBytes) {
        add(address, lengthBytes, false);
    }

    /// Adds a buffer that the device writes.
    /// @param address guest physical address
    /// @param lengthBytes unsigned 32 bits
    public final void writable(long address, int lengthBytes) {
        add(address, lengthBytes, true);
    }

    private void add(long address, int lengthBytes, boolean write) {
        addresses[count] = address;
        lengths[count] = lengthBytes;
        writes[count] = write;
        count++;
    }

    /// Makes the chain available.
    /// @return its id, which [#poll()] answers when it is used; -1 when the ring has no room
    public abstract int offer();

    /// Makes the chain available through an indirect table.
    /// @param table room for the table: 16 bytes for each buffer
    /// @return its id, or -1 when the ring has no room
    public final int offerIndirect(long table) {
        int entries = count;
        for (int i = 0; i < entries; i++) {
            putTableEntry(table, i, i + 1 == entries);
        }
        count = 0;
        addresses[0] = table;
        lengths[0] = entries * DESCRIPTOR_BYTES;
        writes[0] = false;
        count = 1;
        return offerTable();
    }

    abstract void putTableEntry(long table, int entry, boolean last);

    abstract int offerTable();

    /// Whether the device asked to be notified of what was offered since the last call.
    /// @return true when a kick is due
    public abstract boolean kickDue();

    /// Takes the next used chain.
    /// @return its id, or -1 when there is none
    public abstract int poll();

    /// Asks for an interrupt with the next used chain.
    public abstract void wantInterrupt();

    /// Asks for no interrupts.
    public abstract void refuseInterrupts();

    /// Writes a descriptor as it is.
    /// @param slot index in the table or ring
    /// @param address any value
    /// @param lengthBytes any value
    /// @param flags any 16 bits
    /// @param last next in a split ring, buffer id in a packed one
    public abstract void writeDescriptor(int slot, long address, int lengthBytes, int flags, int last);

    /// How many bytes the device says it wrote to the chain that [#poll()] took.
    /// @return unsigned 32 bits
    public final long usedBytes() {
        return usedBytes;
    }

    final void used(int lengthBytes) {
        usedBytes = Integer.toUnsignedLong(lengthBytes);
    }

    final int chainLength() {
        return count;
    }

    final long chainAddress(int index) {
        return addresses[index];
    }

    final int chainBytes(int index) {
        return lengths[index];
    }

    final boolean chainWrites(int index) {
        return writes[index];
    }

    final long at(long gpa) {
        return gpa - ramStart;
    }
}
