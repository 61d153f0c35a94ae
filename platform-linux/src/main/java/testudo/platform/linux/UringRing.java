package testudo.platform.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.KernelStruct;
import testudo.platform.linux.call.Mapping;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.VmmException;
import testudo.spi.host.HostFile;
import testudo.spi.host.IoRing;
import testudo.spi.memory.BufferList;

/// An io_uring. Its descriptor is readable while completions wait, so no eventfd is needed.
///
/// At most `depth` operations are under way and the completion queue is twice that long, so it can't overflow.
final class UringRing extends Descriptor implements IoRing {
    private static final int OP_READV = 1;
    private static final int OP_WRITEV = 2;
    private static final int OP_FSYNC = 3;
    private static final int OP_FALLOCATE = 17;
    private static final int OP_READ = 22;
    private static final int OP_WRITE = 23;
    private static final int FSYNC_DATASYNC = 1;
    private static final int ENTER_GETEVENTS = 1;
    private static final VarHandle INDEX = JAVA_INT.varHandle().withInvokeExactBehavior();
    private static final long SQE_BYTES = IoUringParams.SQE.byteSize();
    private static final long CQE_BYTES = IoUringParams.CQE.byteSize();
    private static final long SQE_OFF = KernelStruct.offset(IoUringParams.SQE, "off");
    private static final long SQE_ADDR = KernelStruct.offset(IoUringParams.SQE, "addr");
    private static final long SQE_LEN = KernelStruct.offset(IoUringParams.SQE, "len");
    private static final long SQE_RW_FLAGS = KernelStruct.offset(IoUringParams.SQE, "rw_flags");
    private static final long SQE_FD = KernelStruct.offset(IoUringParams.SQE, "fd");
    private static final long SQE_USER_DATA = KernelStruct.offset(IoUringParams.SQE, "user_data");
    private static final long CQE_RES = KernelStruct.offset(IoUringParams.CQE, "res");

    private final Arena arena = Arena.ofShared();
    private final int depth;
    private final RingSlots slots;
    /// What an operation falls back to when the file system refuses to zero a range.
    private final @Nullable LinuxFile[] zeroing;
    private final long[] zeroingFrom;
    private final long[] zeroingBytes;
    private final MemorySegment ring;
    private final MemorySegment entries;
    private final long sqTail;
    private final int sqMask;
    private final long cqHead;
    private final long cqTail;
    private final int cqMask;
    private final long cqEntries;
    private int tail;
    private int unsubmitted;
    private @Nullable RingReserve home;

    /// Sets a ring up.
    /// @throws VmmException.Host when the kernel refuses or is older than 5.10
    static UringRing open(int depth) {
        try (Arena setup = Arena.ofConfined()) {
            MemorySegment params = setup.allocate(IoUringParams.LAYOUT);
            return new UringRing(setUp(depth, params), depth, params);
        }
    }

    private UringRing(int descriptor, int depth, MemorySegment params) {
        super(descriptor);
        this.depth = depth;
        try {
            slots = new RingSlots(depth, arena);
            zeroing = new LinuxFile[depth];
            zeroingFrom = new long[depth];
            zeroingBytes = new long[depth];
            int sqCount = value(params, "sq_entries");
            long sqBytes = value(params, "sq_off.array") + (long) sqCount * Integer.BYTES;
            long cqBytes = value(params, "cq_off.cqes") + value(params, "cq_entries") * CQE_BYTES;
            ring = Mapping.shared(
                    descriptor(), IoUringParams.OFFSET_SQ_RING, Math.max(sqBytes, cqBytes), arena);
            entries = Mapping.shared(descriptor(), IoUringParams.OFFSET_SQES, sqCount * SQE_BYTES, arena);
            sqTail = value(params, "sq_off.tail");
            sqMask = ring.get(JAVA_INT, value(params, "sq_off.ring_mask"));
            cqHead = value(params, "cq_off.head");
            cqTail = value(params, "cq_off.tail");
            cqMask = ring.get(JAVA_INT, value(params, "cq_off.ring_mask"));
            cqEntries = value(params, "cq_off.cqes");
            long array = value(params, "sq_off.array");
            for (int i = 0; i < sqCount; i++) {
                ring.set(JAVA_INT, array + (long) i * Integer.BYTES, i);
            }
        } catch (RuntimeException failure) {
            super.close();
            arena.close();
            throw failure;
        }
    }

    /// Sets a ring up that can do nothing but this class's operations, whoever gets hold of it: submissions do not pass the filters of system calls.
    private static int setUp(int depth, MemorySegment params) {
        params.set(JAVA_INT, IoUringParams.offset("flags"), IoUringParams.SETUP_R_DISABLED);
        int descriptor = (int) Errno.check(
                Syscall.call(SystemCall.IO_URING_SETUP, depth, params.address()), "cannot set up io_uring");
        int needed = IoUringParams.FEATURE_SINGLE_MMAP | IoUringParams.FEATURE_NODROP | IoUringParams.FEATURE_RW_CUR_POS;
        if ((value(params, "features") & needed) != needed) {
            new Descriptor(descriptor).close();
            throw new VmmException.Host(VmmException.Kind.UNSUPPORTED, "io_uring is older than Linux 5.6");
        }
        try {
            restrict(descriptor);
            return descriptor;
        } catch (VmmException.Host refused) {
            new Descriptor(descriptor).close();
            throw refused;
        }
    }

    private static void restrict(int descriptor) {
        int[] operations = {OP_READV, OP_WRITEV, OP_FSYNC, OP_FALLOCATE, OP_READ, OP_WRITE};
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment restrictions = arena.allocate((operations.length + 1L) * IoUringParams.RESTRICTION_BYTES, Long.BYTES);
            for (int i = 0; i < operations.length; i++) {
                restrictions.set(
                        JAVA_INT,
                        (long) i * IoUringParams.RESTRICTION_BYTES,
                        IoUringParams.RESTRICTION_SQE_OP | operations[i] << 16);
            }
            // Registering nothing more than the start: without an entry of its kind, registering would not be restricted.
            restrictions.set(
                    JAVA_INT,
                    (long) operations.length * IoUringParams.RESTRICTION_BYTES,
                    IoUringParams.RESTRICTION_REGISTER_OP | IoUringParams.REGISTER_ENABLE_RINGS << 16);
            register(descriptor, IoUringParams.REGISTER_RESTRICTIONS, restrictions.address(), operations.length + 1);
            register(descriptor, IoUringParams.REGISTER_ENABLE_RINGS, 0, 0);
        }
    }

    private static void register(int descriptor, int what, long address, int count) {
        Errno.check(
                Syscall.call(SystemCall.IO_URING_REGISTER, descriptor, what, address, count),
                "cannot restrict io_uring (Linux 5.10 or newer is needed)");
    }

    private static int value(MemorySegment params, String field) {
        return params.get(JAVA_INT, IoUringParams.offset(field));
    }

    /// Makes this a ring that is used again after it was closed.
    void home(RingReserve reserve) {
        home = reserve;
    }

    int depth() {
        return depth;
    }

    @Override
    public int space() {
        return slots.space();
    }

    @Override
    public boolean read(HostFile file, long position, BufferList to, long lengthBytes, long token) {
        if (slots.space() == 0 || !RingSlots.fits(to, lengthBytes)) {
            return false;
        }
        int slot = slots.take(token);
        int pieces = fill(slot, to, lengthBytes, true);
        transfer(pieces == 1 ? OP_READ : OP_READV, file, slot, position, pieces == 1 ? lengthBytes : pieces);
        return true;
    }

    @Override
    public boolean write(HostFile file, long position, BufferList from, long lengthBytes, long token) {
        if (slots.space() == 0 || !RingSlots.fits(from, lengthBytes)) {
            return false;
        }
        int slot = slots.take(token);
        int pieces = fill(slot, from, lengthBytes, false);
        transfer(pieces == 1 ? OP_WRITE : OP_WRITEV, file, slot, position, pieces == 1 ? lengthBytes : pieces);
        return true;
    }

    private int fill(int slot, BufferList list, long lengthBytes, boolean kernelWrites) {
        try {
            return slots.fill(slot, list, lengthBytes, kernelWrites);
        } catch (RuntimeException refused) {
            slots.release(slot);
            throw refused;
        }
    }

    private void transfer(int operation, HostFile file, int slot, long position, long length) {
        boolean single = operation == OP_READ || operation == OP_WRITE;
        long address = single ? slots.firstBase(slot) : slots.vector(slot);
        queue(operation, file, slot, position, address, length);
    }

    @Override
    public boolean flush(HostFile file, long token) {
        if (slots.space() == 0) {
            return false;
        }
        long entry = queue(OP_FSYNC, file, slots.take(token), 0, 0, 0);
        entries.set(JAVA_INT, entry + SQE_RW_FLAGS, FSYNC_DATASYNC);
        return true;
    }

    @Override
    public boolean allocate(HostFile file, RangeOperation operation, long position, long lengthBytes, long token) {
        if (slots.space() == 0) {
            return false;
        }
        int slot = slots.take(token);
        int mode = LinuxFile.KEEP_SIZE | switch (operation) {
            case PUNCH_HOLE -> LinuxFile.PUNCH_HOLE;
            case WRITE_ZEROES -> LinuxFile.ZERO_RANGE;
        };
        zeroing[slot] = (LinuxFile) file;
        zeroingFrom[slot] = position;
        zeroingBytes[slot] = lengthBytes;
        // fallocate's length is in `addr` and its mode in `len`.
        queue(OP_FALLOCATE, file, slot, position, lengthBytes, mode);
        return true;
    }

    /// Writes a submission entry. There is room: no more than `depth` slots exist.
    /// @return where the entry is, for the fields that only some operations have
    private long queue(int operation, HostFile file, int slot, long position, long address, long length) {
        long at = (tail & sqMask) * SQE_BYTES;
        entries.asSlice(at, SQE_BYTES).fill((byte) 0);
        entries.set(JAVA_INT, at, operation);
        entries.set(JAVA_INT, at + SQE_FD, OpenDescriptor.of(file));
        entries.set(JAVA_LONG, at + SQE_OFF, position);
        entries.set(JAVA_LONG, at + SQE_ADDR, address);
        entries.set(JAVA_INT, at + SQE_LEN, (int) length);
        entries.set(JAVA_LONG, at + SQE_USER_DATA, slot);
        tail++;
        unsubmitted++;
        return at;
    }

    @Override
    public void submit() {
        // Pairs with the kernel's acquire of the tail: the entries are written before.
        INDEX.setRelease(ring, sqTail, tail);
        while (unsubmitted > 0) {
            long result = Syscall.call(SystemCall.IO_URING_ENTER, descriptor(), unsubmitted, 0, 0);
            if (result > 0) {
                unsubmitted -= (int) result;
            } else if (result == -Errno.EAGAIN || result == -Errno.EBUSY || result == 0) {
                Thread.onSpinWait(); // the kernel is short of memory for requests; those under way will free some
            } else if (result != -Errno.EINTR) {
                throw Errno.failure("cannot submit to io_uring", result);
            }
        }
    }

    @Override
    public int complete(Completion to) {
        int head = ring.get(JAVA_INT, cqHead);
        int count = 0;
        // Pairs with the kernel's release of the tail: the entries before it are complete.
        int end = (int) INDEX.getAcquire(ring, cqTail);
        while (head != end) {
            long at = cqEntries + (head & cqMask) * CQE_BYTES;
            int slot = (int) ring.get(JAVA_LONG, at);
            int result = ring.get(JAVA_INT, at + CQE_RES);
            head++;
            // Pairs with the kernel's acquire of the head: the entry has been read.
            INDEX.setRelease(ring, cqHead, head);
            LinuxFile file = zeroing[slot];
            if (file != null) {
                zeroing[slot] = null;
                result = result == -Errno.EOPNOTSUPP
                        ? file.writeZeroesSlowly(zeroingFrom[slot], zeroingBytes[slot])
                        : result;
            }
            to.completed(slots.release(slot), result);
            count++;
        }
        return count;
    }

    /// Waits for what is under way, because the kernel may write the buffers until then, and frees the ring, or keeps it for the next.
    @Override
    public synchronized void close() {
        if (!arena.scope().isAlive()) {
            return;
        }
        submit();
        while (slots.space() < depth) {
            Syscall.call(SystemCall.IO_URING_ENTER, descriptor(), 0, 1, ENTER_GETEVENTS, 0, 0);
            complete((token, result) -> {});
        }
        if (home != null) {
            home.giveBack(this);
            return;
        }
        super.close();
        arena.close();
    }
}
