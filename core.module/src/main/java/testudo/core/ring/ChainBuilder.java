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

    private static final int PAGE_BYTES = 4096;
    // A buffer that straddles regions is cut at pages; more pieces than this in one chain is no driver of good faith.
    private static final int MAX_PIECES = 65_536;

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
        BufferList list = writable ? chain.writable() : chain.readable();
        if (lengthBytes == 0) {
            return;
        }
        if (cursor.seek(address, lengthBytes, writable)) {
            list.add(cursor.segment(), cursor.offset(), lengthBytes, address);
        } else {
            addByPages(list, address, lengthBytes, writable);
        }
    }

    private void addByPages(BufferList list, long address, int lengthBytes, boolean writable) {
        long at = address;
        int left = lengthBytes;
        while (left > 0) {
            int step = (int) Math.min(left, PAGE_BYTES - (at & (PAGE_BYTES - 1)));
            if (!cursor.seek(at, step, writable)) {
                throw new QueueFault("a buffer is not in guest memory");
            }
            if (list.count() >= MAX_PIECES) {
                throw new QueueFault("a chain has too many pieces");
            }
            list.add(cursor.segment(), cursor.offset(), step, at);
            at += step;
            left -= step;
        }
    }
}
