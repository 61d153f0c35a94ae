package testudo.platform.linux;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct io_uring_params`, 120 bytes, all architectures. Source: `include/uapi/linux/io_uring.h` (v6.1).
final class IoUringParams {
    static final StructLayout SQRING_OFFSETS = MemoryLayout.structLayout(
            JAVA_INT.withName("head"),
            JAVA_INT.withName("tail"),
            JAVA_INT.withName("ring_mask"),
            JAVA_INT.withName("ring_entries"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("dropped"),
            JAVA_INT.withName("array"),
            paddingLayout(12));
    static final StructLayout CQRING_OFFSETS = MemoryLayout.structLayout(
            JAVA_INT.withName("head"),
            JAVA_INT.withName("tail"),
            JAVA_INT.withName("ring_mask"),
            JAVA_INT.withName("ring_entries"),
            JAVA_INT.withName("overflow"),
            JAVA_INT.withName("cqes"),
            JAVA_INT.withName("flags"),
            paddingLayout(12));
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_INT.withName("sq_entries"),
            JAVA_INT.withName("cq_entries"),
            JAVA_INT.withName("flags"),
            JAVA_INT.withName("sq_thread_cpu"),
            JAVA_INT.withName("sq_thread_idle"),
            JAVA_INT.withName("features"),
            JAVA_INT.withName("wq_fd"),
            paddingLayout(12),
            SQRING_OFFSETS.withName("sq_off"),
            CQRING_OFFSETS.withName("cq_off"));
    /// `struct io_uring_sqe`, 64 bytes; unions are named by the member that is used.
    static final StructLayout SQE = MemoryLayout.structLayout(
            MemoryLayout.sequenceLayout(4, java.lang.foreign.ValueLayout.JAVA_BYTE).withName("opcode"),
            JAVA_INT.withName("fd"),
            JAVA_LONG.withName("off"),
            JAVA_LONG.withName("addr"),
            JAVA_INT.withName("len"),
            JAVA_INT.withName("rw_flags"),
            JAVA_LONG.withName("user_data"),
            paddingLayout(24));
    /// `struct io_uring_cqe`, 16 bytes.
    static final StructLayout CQE = MemoryLayout.structLayout(
            JAVA_LONG.withName("user_data"), JAVA_INT.withName("res"), JAVA_INT.withName("flags"));

    /// `struct io_uring_restriction`, 16 bytes: `u16 opcode; u8 operation; u8 resv; u32 resv2[3]`.
    static final int RESTRICTION_BYTES = 16;
    static final int RESTRICTION_REGISTER_OP = 0;
    static final int RESTRICTION_SQE_OP = 1;
    static final int REGISTER_RESTRICTIONS = 11;
    static final int REGISTER_ENABLE_RINGS = 12;
    static final int SETUP_CLAMP = 1 << 4;
    /// Starts switched off, so that it can be restricted (Linux 5.10).
    static final int SETUP_R_DISABLED = 1 << 6;
    static final int FEATURE_SINGLE_MMAP = 1;
    static final int FEATURE_NODROP = 1 << 1;
    /// Came with IORING_OP_READ and IORING_OP_WRITE in Linux 5.6.
    static final int FEATURE_RW_CUR_POS = 1 << 3;
    static final long OFFSET_SQ_RING = 0;
    static final long OFFSET_SQES = 0x10000000L;

    private IoUringParams() {}

    static long offset(String field) {
        return KernelStruct.offset(LAYOUT, field);
    }
}
