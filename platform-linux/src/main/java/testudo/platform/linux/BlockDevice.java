package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import testudo.platform.linux.call.Ioctl;

/// The ioctls of block devices. Source: `include/uapi/linux/fs.h`.
final class BlockDevice {
    private static final int TYPE = 0x12;
    private static final long BLKSSZGET = Ioctl.io(TYPE, 104);
    /// Declared with `size_t`, but the kernel writes 64 bits.
    private static final long BLKGETSIZE64 = Ioctl.ior(TYPE, 114, JAVA_LONG);
    private static final long BLKZEROOUT = Ioctl.io(TYPE, 127);

    private BlockDevice() {}

    /// The capacity.
    /// @return bytes or a negative errno
    static long sizeBytes(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(JAVA_LONG);
            long result = Ioctl.call(descriptor, BLKGETSIZE64, size.address());
            return result < 0 ? result : size.get(JAVA_LONG, 0);
        }
    }

    /// The logical block size.
    /// @return bytes or a negative errno
    static int logicalBlockBytes(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment size = arena.allocate(JAVA_INT);
            long result = Ioctl.call(descriptor, BLKSSZGET, size.address());
            return result < 0 ? (int) result : size.get(JAVA_INT, 0);
        }
    }

    /// Makes a range read as zero, by unmapping where the device promises zeroes, by writing otherwise. BLKDISCARD is not used: what
    /// it leaves behind is undefined.
    /// @return 0 or a negative errno
    static int zero(int descriptor, long position, long lengthBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment range = arena.allocateFrom(JAVA_LONG, position, lengthBytes);
            return (int) Ioctl.call(descriptor, BLKZEROOUT, range.address());
        }
    }
}
