package testudo.core.ring;

import testudo.spi.memory.BufferList;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.QueueFault;

/// Turns checked descriptors into the buffers of a chain. Owned by one queue.
final class ChainBuilder {
    /// The buffer continues in the next descriptor.
    static final int NEXT = 1;
    /// The device writes the buffer.
    static final int WRITE = 2;
    /// The buffer holds a table of descriptors.
    static final int INDIRECT = 4;
    /// Bytes of a descriptor, in either ring format.
    static final int DESCRIPTOR_BYTES = 16;

    /// VIRTIO 1.3, 2.7.5: a chain covers less than 4 GiB.
    private static final long MAX_CHAIN_BYTES = 0xFFFF_FFFFL;

    private final DeviceMemory.Cursor cursor;

    ChainBuilder(DeviceMemory memory) {
        cursor = memory.cursor();
    }

    /// Adds a buffer.
    /// @param address the driver's
    /// @param lengthBytes unsigned 32 bits
    /// @param writable whether the device writes it
    void add(DescriptorChain chain, long address, int lengthBytes, boolean writable) {
        if (lengthBytes < 0) {
            throw new QueueFault("a buffer is longer than 2 GiB");
        }
        if (!writable && chain.writable().count() > 0) {
            throw new QueueFault("a device-readable buffer follows a device-writable one");
        }
        if (chain.readable().sizeBytes() + chain.writable().sizeBytes() + lengthBytes > MAX_CHAIN_BYTES) {
            throw new QueueFault("a chain covers 4 GiB or more");
        }
        BufferList list = writable ? chain.writable() : chain.readable();
        if (lengthBytes == 0) {
            return;
        }
        if (cursor.seek(address, lengthBytes, writable)) {
            list.add(cursor.segment(), cursor.offset(), lengthBytes, address);
        } else {
            addByRegions(list, address, lengthBytes, writable);
        }
    }

    /// The buffer crosses from one region of memory into the next: one piece for each.
    private void addByRegions(BufferList list, long address, int lengthBytes, boolean writable) {
        int done = 0;
        while (done < lengthBytes) {
            int step = accessible(address + done, lengthBytes - done, writable);
            if (step == 0 || !cursor.seek(address + done, step, writable)) {
                throw new QueueFault("a buffer is not in guest memory");
            }
            list.add(cursor.segment(), cursor.offset(), step, address + done);
            done += step;
        }
    }

    /// How much of a range is in one piece from its start on, by halving: at most 31 look-ups.
    private int accessible(long address, int lengthBytes, boolean writable) {
        if (cursor.seek(address, lengthBytes, writable)) {
            return lengthBytes;
        }
        int good = 0;
        int bad = lengthBytes;
        while (bad - good > 1) {
            int middle = (good + bad) >>> 1;
            if (cursor.seek(address, middle, writable)) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        return good;
    }
}
