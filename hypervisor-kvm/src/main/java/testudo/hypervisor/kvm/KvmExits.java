package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.hypervisor.VmExitHandler.SystemEvent;

/// Turns the content of the run page into calls of the exit handler. Runs on the vCPU's thread; does not allocate.
final class KvmExits {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final int DIRECTION_OUT = 1;
    private static final int EVENT_SHUTDOWN = 1;
    private static final int EVENT_RESET = 2;
    private static final int EVENT_CRASH = 3;
    private static final int EVENT_SUSPEND = 5;
    private static final int CALL_ARGUMENTS = 6;
    /// What KVM itself answers to an unknown call (KVM_ENOSYS).
    private static final long NO_SUCH_CALL = -1000;

    private final MemorySegment run;
    private final long[] call = new long[1 + CALL_ARGUMENTS];

    KvmExits(MemorySegment run) {
        this.run = run;
    }

    /// Answers the exit that the run page shows.
    /// @return why the run ends, or null to go on
    @Nullable
    StopReason dispatch(VmExitHandler handler) {
        return switch (run.get(INT, KvmRun.EXIT_REASON)) {
            case KvmRun.EXIT_IO -> io(handler);
            case KvmRun.EXIT_MMIO -> mmio(handler);
            case KvmRun.EXIT_INTR, KvmRun.EXIT_IRQ_WINDOW_OPEN -> null;
            case KvmRun.EXIT_HLT -> StopReason.HALTED;
            case KvmRun.EXIT_IOAPIC_EOI -> {
                handler.endOfInterrupt(Byte.toUnsignedInt(run.get(JAVA_BYTE, KvmRun.EOI_VECTOR)));
                yield null;
            }
            case KvmRun.EXIT_X86_RDMSR -> readMsr(handler);
            case KvmRun.EXIT_X86_WRMSR -> writeMsr(handler);
            case KvmRun.EXIT_HYPERCALL -> hypercall(handler);
            case KvmRun.EXIT_SHUTDOWN -> StopReason.SHUTDOWN;
            case KvmRun.EXIT_FAIL_ENTRY, KvmRun.EXIT_INTERNAL_ERROR -> StopReason.FAILED;
            case KvmRun.EXIT_DEBUG -> StopReason.DEBUG;
            case KvmRun.EXIT_SYSTEM_EVENT -> systemEvent(handler);
            default -> StopReason.UNKNOWN_EXIT;
        };
    }

    /// A string instruction reports `count` elements at once, one behind the other.
    private @Nullable StopReason io(VmExitHandler handler) {
        boolean out = run.get(JAVA_BYTE, KvmRun.IO_DIRECTION) == DIRECTION_OUT;
        int size = Byte.toUnsignedInt(run.get(JAVA_BYTE, KvmRun.IO_SIZE));
        int port = Short.toUnsignedInt(run.get(JAVA_SHORT, KvmRun.IO_PORT));
        long count = Integer.toUnsignedLong(run.get(INT, KvmRun.IO_COUNT));
        long at = run.get(JAVA_LONG, KvmRun.IO_DATA_OFFSET);
        boolean more = true;
        for (long i = 0; i < count; i++, at += size) {
            if (out) {
                more &= handler.portWrite(port, size, (int) load(at, size));
            } else {
                store(at, size, handler.portRead(port, size));
            }
        }
        return more ? null : StopReason.HANDLER;
    }

    /// Sizes that are no power of two come from accesses that cross a page; they are served in pieces.
    private @Nullable StopReason mmio(VmExitHandler handler) {
        boolean write = run.get(JAVA_BYTE, KvmRun.MMIO_IS_WRITE) != 0;
        int left = Math.min(run.get(INT, KvmRun.MMIO_LEN), Long.BYTES);
        long gpa = run.get(JAVA_LONG, KvmRun.MMIO_PHYS_ADDR);
        long at = KvmRun.MMIO_DATA;
        boolean more = true;
        while (left > 0) {
            int size = Integer.highestOneBit(left);
            if (write) {
                more &= handler.mmioWrite(gpa, size, load(at, size));
            } else {
                store(at, size, handler.mmioRead(gpa, size));
            }
            gpa += size;
            at += size;
            left -= size;
        }
        return more ? null : StopReason.HANDLER;
    }

    private long load(long at, int sizeBytes) {
        return switch (sizeBytes) {
            case 1 -> Byte.toUnsignedLong(run.get(JAVA_BYTE, at));
            case 2 -> Short.toUnsignedLong(run.get(JAVA_SHORT_UNALIGNED, at));
            case 4 -> Integer.toUnsignedLong(run.get(JAVA_INT_UNALIGNED, at));
            default -> run.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        };
    }

    private void store(long at, int sizeBytes, long value) {
        switch (sizeBytes) {
            case 1 -> run.set(JAVA_BYTE, at, (byte) value);
            case 2 -> run.set(JAVA_SHORT_UNALIGNED, at, (short) value);
            case 4 -> run.set(JAVA_INT_UNALIGNED, at, (int) value);
            default -> run.set(ValueLayout.JAVA_LONG_UNALIGNED, at, value);
        }
    }

    private @Nullable StopReason readMsr(VmExitHandler handler) {
        int index = run.get(INT, KvmRun.MSR_INDEX);
        boolean known = handler.msrKnown(index);
        run.set(JAVA_LONG, KvmRun.MSR_DATA, known ? handler.msrRead(index) : 0);
        run.set(JAVA_BYTE, KvmRun.MSR_ERROR, (byte) (known ? 0 : 1));
        return null;
    }

    private @Nullable StopReason writeMsr(VmExitHandler handler) {
        int index = run.get(INT, KvmRun.MSR_INDEX);
        boolean taken = handler.msrKnown(index) && handler.msrWrite(index, run.get(JAVA_LONG, KvmRun.MSR_DATA));
        run.set(JAVA_BYTE, KvmRun.MSR_ERROR, (byte) (taken ? 0 : 1));
        return null;
    }

    private @Nullable StopReason hypercall(VmExitHandler handler) {
        call[0] = run.get(JAVA_LONG, KvmRun.HYPERCALL_NR);
        for (int i = 0; i < CALL_ARGUMENTS; i++) {
            call[1 + i] = run.get(JAVA_LONG, KvmRun.HYPERCALL_ARGS + (long) i * Long.BYTES);
        }
        run.set(JAVA_LONG, KvmRun.HYPERCALL_RET, handler.hypercall(call) ? call[0] : NO_SUCH_CALL);
        return null;
    }

    private StopReason systemEvent(VmExitHandler handler) {
        long detail = run.get(JAVA_LONG, KvmRun.SYSTEM_EVENT_FLAGS);
        SystemEvent event = switch (run.get(INT, KvmRun.SYSTEM_EVENT_TYPE)) {
            case EVENT_SHUTDOWN -> SystemEvent.SHUTDOWN;
            case EVENT_RESET -> SystemEvent.RESET;
            case EVENT_CRASH -> SystemEvent.CRASH;
            case EVENT_SUSPEND -> SystemEvent.SUSPEND;
            default -> null;
        };
        if (event == null) {
            return StopReason.UNKNOWN_EXIT;
        }
        handler.systemEvent(event, detail);
        return StopReason.SYSTEM_EVENT;
    }
}
