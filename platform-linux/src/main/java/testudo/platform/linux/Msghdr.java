package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct msghdr`, 56 bytes, all 64-bit architectures, and the control message behind it. Source: `include/linux/socket.h`.
final class Msghdr {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_LONG.withName("msg_name"),
            JAVA_INT.withName("msg_namelen"),
            MemoryLayout.paddingLayout(4),
            JAVA_LONG.withName("msg_iov"),
            JAVA_LONG.withName("msg_iovlen"),
            JAVA_LONG.withName("msg_control"),
            JAVA_LONG.withName("msg_controllen"),
            JAVA_INT.withName("msg_flags"),
            MemoryLayout.paddingLayout(4));
    static final long MSG_CONTROLLEN = KernelStruct.offset(LAYOUT, "msg_controllen");
    static final long MSG_FLAGS = KernelStruct.offset(LAYOUT, "msg_flags");
    private static final long MSG_IOV = KernelStruct.offset(LAYOUT, "msg_iov");
    private static final long MSG_IOVLEN = KernelStruct.offset(LAYOUT, "msg_iovlen");
    private static final long MSG_CONTROL = KernelStruct.offset(LAYOUT, "msg_control");

    /// `struct cmsghdr`, 16 bytes; its data follows.
    static final StructLayout CONTROL = MemoryLayout.structLayout(
            JAVA_LONG.withName("cmsg_len"), JAVA_INT.withName("cmsg_level"), JAVA_INT.withName("cmsg_type"));
    static final long CONTROL_BYTES = CONTROL.byteSize();
    static final long CMSG_LEN = KernelStruct.offset(CONTROL, "cmsg_len");
    static final long CMSG_LEVEL = KernelStruct.offset(CONTROL, "cmsg_level");
    static final long CMSG_TYPE = KernelStruct.offset(CONTROL, "cmsg_type");

    private Msghdr() {}

    /// Describes a message.
    /// @param to a zero-filled structure
    /// @param vector one `struct iovec`
    /// @param control room for control messages
    /// @param controlBytes how much of it
    static void write(MemorySegment to, MemorySegment vector, MemorySegment control, long controlBytes) {
        to.set(JAVA_LONG, MSG_IOV, vector.address());
        to.set(JAVA_LONG, MSG_IOVLEN, 1);
        to.set(JAVA_LONG, MSG_CONTROL, controlBytes == 0 ? 0 : control.address());
        to.set(JAVA_LONG, MSG_CONTROLLEN, controlBytes);
    }
}
