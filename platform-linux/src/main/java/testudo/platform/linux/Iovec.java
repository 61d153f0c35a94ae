package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct iovec`, 16 bytes, all 64-bit architectures. Source: `include/uapi/linux/uio.h`.
final class Iovec {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(JAVA_LONG.withName("iov_base"), JAVA_LONG.withName("iov_len"));
    static final long SIZE = LAYOUT.byteSize();
    static final long IOV_BASE = KernelStruct.offset(LAYOUT, "iov_base");
    static final long IOV_LEN = KernelStruct.offset(LAYOUT, "iov_len");

    private Iovec() {}
}
