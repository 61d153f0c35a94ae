package testudo.hypervisor.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import testudo.platform.linux.call.KernelStruct;

/// `struct kvm_run`, the page that a vCPU shares with the kernel, up to its union; and the members of the union.
/// All architectures. Source: `include/uapi/linux/kvm.h`; use: `Documentation/virt/kvm/api.rst`, "The kvm_run structure".
final class KvmRun {
    static final StructLayout LAYOUT = MemoryLayout.structLayout(
            JAVA_BYTE.withName("request_interrupt_window"),
            JAVA_BYTE.withName("immediate_exit"),
            paddingLayout(6),
            JAVA_INT.withName("exit_reason"),
            JAVA_BYTE.withName("ready_for_interrupt_injection"),
            JAVA_BYTE.withName("if_flag"),
            JAVA_SHORT.withName("flags"),
            JAVA_LONG.withName("cr8"),
            JAVA_LONG.withName("apic_base"));
    static final StructLayout IO = MemoryLayout.structLayout(
            JAVA_BYTE.withName("direction"),
            JAVA_BYTE.withName("size"),
            JAVA_SHORT.withName("port"),
            JAVA_INT.withName("count"),
            JAVA_LONG.withName("data_offset"));
    static final StructLayout MMIO = MemoryLayout.structLayout(
            JAVA_LONG.withName("phys_addr"),
            MemoryLayout.sequenceLayout(8, JAVA_BYTE).withName("data"),
            JAVA_INT.withName("len"),
            JAVA_BYTE.withName("is_write"));
    static final StructLayout HYPERCALL = MemoryLayout.structLayout(
            JAVA_LONG.withName("nr"),
            MemoryLayout.sequenceLayout(6, JAVA_LONG).withName("args"),
            JAVA_LONG.withName("ret"));
    static final StructLayout FAIL_ENTRY = MemoryLayout.structLayout(
            JAVA_LONG.withName("hardware_entry_failure_reason"), JAVA_INT.withName("cpu"));
    static final StructLayout INTERNAL = MemoryLayout.structLayout(
            JAVA_INT.withName("suberror"),
            JAVA_INT.withName("ndata"),
            MemoryLayout.sequenceLayout(16, JAVA_LONG).withName("data"));
    static final StructLayout EMULATION_FAILURE = MemoryLayout.structLayout(
            JAVA_INT.withName("suberror"),
            JAVA_INT.withName("ndata"),
            JAVA_LONG.withName("flags"),
            JAVA_BYTE.withName("insn_size"),
            MemoryLayout.sequenceLayout(15, JAVA_BYTE).withName("insn_bytes"));
    static final StructLayout SYSTEM_EVENT = MemoryLayout.structLayout(
            JAVA_INT.withName("type"), JAVA_INT.withName("ndata"), JAVA_LONG.withName("flags"));
    static final StructLayout EOI = MemoryLayout.structLayout(JAVA_BYTE.withName("vector"));
    static final StructLayout MSR = MemoryLayout.structLayout(
            JAVA_BYTE.withName("error"),
            paddingLayout(7),
            JAVA_INT.withName("reason"),
            JAVA_INT.withName("index"),
            JAVA_LONG.withName("data"));

    static final long UNION = LAYOUT.byteSize();
    static final long REQUEST_INTERRUPT_WINDOW = KernelStruct.offset(LAYOUT, "request_interrupt_window");
    static final long IMMEDIATE_EXIT = KernelStruct.offset(LAYOUT, "immediate_exit");
    static final long EXIT_REASON = KernelStruct.offset(LAYOUT, "exit_reason");
    static final long READY_FOR_INTERRUPT_INJECTION = KernelStruct.offset(LAYOUT, "ready_for_interrupt_injection");
    static final long IO_DIRECTION = member(IO, "direction");
    static final long IO_SIZE = member(IO, "size");
    static final long IO_PORT = member(IO, "port");
    static final long IO_COUNT = member(IO, "count");
    static final long IO_DATA_OFFSET = member(IO, "data_offset");
    static final long MMIO_PHYS_ADDR = member(MMIO, "phys_addr");
    static final long MMIO_DATA = member(MMIO, "data");
    static final long MMIO_LEN = member(MMIO, "len");
    static final long MMIO_IS_WRITE = member(MMIO, "is_write");
    static final long HYPERCALL_NR = member(HYPERCALL, "nr");
    static final long HYPERCALL_ARGS = member(HYPERCALL, "args");
    static final long HYPERCALL_RET = member(HYPERCALL, "ret");
    static final long FAIL_ENTRY_REASON = member(FAIL_ENTRY, "hardware_entry_failure_reason");
    static final long INTERNAL_SUBERROR = member(INTERNAL, "suberror");
    static final long INTERNAL_NDATA = member(INTERNAL, "ndata");
    static final long INTERNAL_DATA = member(INTERNAL, "data");
    static final long EMULATION_FLAGS = member(EMULATION_FAILURE, "flags");
    static final long EMULATION_INSN_SIZE = member(EMULATION_FAILURE, "insn_size");
    static final long EMULATION_INSN_BYTES = member(EMULATION_FAILURE, "insn_bytes");
    static final long SYSTEM_EVENT_TYPE = member(SYSTEM_EVENT, "type");
    static final long SYSTEM_EVENT_FLAGS = member(SYSTEM_EVENT, "flags");
    static final long EOI_VECTOR = member(EOI, "vector");
    static final long MSR_ERROR = member(MSR, "error");
    static final long MSR_INDEX = member(MSR, "index");
    static final long MSR_DATA = member(MSR, "data");

    static final int EXIT_UNKNOWN = 0;
    static final int EXIT_IO = 2;
    static final int EXIT_HYPERCALL = 3;
    static final int EXIT_DEBUG = 4;
    static final int EXIT_HLT = 5;
    static final int EXIT_MMIO = 6;
    static final int EXIT_IRQ_WINDOW_OPEN = 7;
    static final int EXIT_SHUTDOWN = 8;
    static final int EXIT_FAIL_ENTRY = 9;
    static final int EXIT_INTR = 10;
    static final int EXIT_INTERNAL_ERROR = 17;
    static final int EXIT_SYSTEM_EVENT = 24;
    static final int EXIT_IOAPIC_EOI = 26;
    static final int EXIT_X86_RDMSR = 29;
    static final int EXIT_X86_WRMSR = 30;

    private KvmRun() {}

    private static long member(StructLayout layout, String field) {
        return UNION + KernelStruct.offset(layout, field);
    }

    /// The name of an exit reason, for reports.
    static String reasonName(int reason) {
        return switch (reason) {
            case EXIT_UNKNOWN -> "UNKNOWN";
            case EXIT_IO -> "IO";
            case EXIT_HYPERCALL -> "HYPERCALL";
            case EXIT_DEBUG -> "DEBUG";
            case EXIT_HLT -> "HLT";
            case EXIT_MMIO -> "MMIO";
            case EXIT_IRQ_WINDOW_OPEN -> "IRQ_WINDOW_OPEN";
            case EXIT_SHUTDOWN -> "SHUTDOWN (triple fault)";
            case EXIT_FAIL_ENTRY -> "FAIL_ENTRY";
            case EXIT_INTR -> "INTR";
            case EXIT_INTERNAL_ERROR -> "INTERNAL_ERROR";
            case EXIT_SYSTEM_EVENT -> "SYSTEM_EVENT";
            case EXIT_IOAPIC_EOI -> "IOAPIC_EOI";
            case EXIT_X86_RDMSR -> "X86_RDMSR";
            case EXIT_X86_WRMSR -> "X86_WRMSR";
            default -> "number " + Integer.toUnsignedString(reason);
        };
    }
}
