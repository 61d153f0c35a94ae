package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.charset.StandardCharsets;
import testudo.platform.linux.call.KernelStruct;

/// `struct sockaddr_un`, 110 bytes, all architectures. Source: `include/uapi/linux/un.h`.
final class SockaddrUn {
    private static final int PATH_BYTES = 108;
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_SHORT.withName("sun_family"),
            MemoryLayout.sequenceLayout(PATH_BYTES, JAVA_BYTE).withName("sun_path"));
    static final short AF_UNIX = 1;
    private static final long SUN_FAMILY = KernelStruct.offset(LAYOUT, "sun_family");
    static final long SUN_PATH = KernelStruct.offset(LAYOUT, "sun_path");

    private SockaddrUn() {}

    /// Writes an address.
    /// @param to a zero-filled structure
    /// @param path where
    /// @return false when the path does not fit or has a NUL
    static boolean write(MemorySegment to, String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        if (bytes.length >= PATH_BYTES || path.indexOf('\0') >= 0) {
            return false;
        }
        to.set(JAVA_SHORT, SUN_FAMILY, AF_UNIX);
        MemorySegment.copy(bytes, 0, to, JAVA_BYTE, SUN_PATH, bytes.length);
        return true;
    }

    /// Writes an address that asks the kernel for a name of its own choice ("autobind", `unix(7)`).
    static void writeUnnamed(MemorySegment to) {
        to.set(JAVA_SHORT, SUN_FAMILY, AF_UNIX);
    }
}
