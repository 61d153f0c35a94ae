package testudo.core.ring;

import testudo.spi.memory.BufferList;
import testudo.spi.memory.DeviceMemory;

/// Marks what a device has written.
final class Dirty {
    private Dirty() {}

    static void mark(DeviceMemory memory, BufferList buffers, long writtenBytes) {
        long left = writtenBytes;
        for (int i = 0; i < buffers.count() && left > 0; i++) {
            long step = Math.min(left, buffers.lengthBytes(i));
            memory.markDirty(buffers.address(i), step);
            left -= step;
        }
    }
}
