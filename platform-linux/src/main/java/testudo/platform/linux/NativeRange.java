package testudo.platform.linux;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Checks ranges before their address is handed to the kernel, which knows no bounds.
final class NativeRange {
    private NativeRange() {}

    /// The address of a range that the kernel will read.
    static long forReading(MemorySegment segment, long offset, long lengthBytes) {
        Objects.checkFromIndexSize(offset, lengthBytes, segment.byteSize());
        if (!segment.isNative()) {
            throw new IllegalArgumentException("the kernel can't reach memory of the Java heap");
        }
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("the memory has been released");
        }
        return segment.address() + offset;
    }

    /// The address of a range that the kernel will write.
    static long forWriting(MemorySegment segment, long offset, long lengthBytes) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("the memory is read-only");
        }
        return forReading(segment, offset, lengthBytes);
    }
}
