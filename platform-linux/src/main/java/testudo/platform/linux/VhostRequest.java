package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.Ioctl;

/// The requests of vhost and their structures, all 64-bit architectures. Sources: `include/uapi/linux/vhost.h`, `include/uapi/linux/vhost_types.h`.
final class VhostRequest {
    /// `struct vhost_memory`, 8 bytes; regions follow it.
    static final StructLayout MEMORY = MemoryLayout.structLayout(JAVA_INT.withName("nregions"), JAVA_INT.withName("padding"));
    /// `struct vhost_memory_region`, 32 bytes.
    static final StructLayout REGION = MemoryLayout.structLayout(
            JAVA_LONG.withName("guest_phys_addr"), JAVA_LONG.withName("memory_size"), JAVA_LONG.withName("userspace_addr"),
            JAVA_LONG.withName("flags_padding"));
    /// `struct vhost_vring_state`, 8 bytes.
    static final StructLayout STATE = MemoryLayout.structLayout(JAVA_INT.withName("index"), JAVA_INT.withName("num"));
    /// `struct vhost_vring_addr`, 40 bytes.
    static final StructLayout ADDRESSES = MemoryLayout.structLayout(
            JAVA_INT.withName("index"), JAVA_INT.withName("flags"), JAVA_LONG.withName("desc_user_addr"),
            JAVA_LONG.withName("used_user_addr"), JAVA_LONG.withName("avail_user_addr"), JAVA_LONG.withName("log_guest_addr"));
    /// `struct vhost_vring_file`, 8 bytes.
    static final StructLayout FILE = MemoryLayout.structLayout(JAVA_INT.withName("index"), JAVA_INT.withName("fd"));

    private static final int TYPE = 0xAF;
    static final long GET_FEATURES = Ioctl.ior(TYPE, 0x00, JAVA_LONG);
    static final long SET_FEATURES = Ioctl.iow(TYPE, 0x00, JAVA_LONG);
    static final long SET_OWNER = Ioctl.io(TYPE, 0x01);
    static final long SET_MEM_TABLE = Ioctl.iow(TYPE, 0x03, MEMORY);
    static final long SET_VRING_NUM = Ioctl.iow(TYPE, 0x10, STATE);
    static final long SET_VRING_ADDR = Ioctl.iow(TYPE, 0x11, ADDRESSES);
    static final long SET_VRING_BASE = Ioctl.iow(TYPE, 0x12, STATE);
    static final long GET_VRING_BASE = Ioctl.iowr(TYPE, 0x12, STATE);
    static final long SET_VRING_KICK = Ioctl.iow(TYPE, 0x20, FILE);
    static final long SET_VRING_CALL = Ioctl.iow(TYPE, 0x21, FILE);
    static final long SET_VRING_ERR = Ioctl.iow(TYPE, 0x22, FILE);

    private VhostRequest() {}

    /// A request that hands a number of 4 or 8 bytes to the kernel.
    static long number(int request, int sizeBytes) {
        return Ioctl.iow(TYPE, request, sizeBytes == Long.BYTES ? JAVA_LONG : JAVA_INT);
    }
}
