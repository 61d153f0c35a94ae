package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Map;
import testudo.platform.linux.call.Errno;
import testudo.spi.VmmException;
import testudo.spi.memory.GuestMemory;

/// Describes the exit that ended a run, for the user. Cold: it asks KVM for the registers.
final class X86ExitReport {
    private static final int INSTRUCTION_BYTES = 15;
    private static final int PAGE_MASK = 0xFFF;
    private static final int PER_LINE = 4;
    private static final int SUBERROR_EMULATION = 1;
    private static final int HAS_INSTRUCTION = 1;

    private X86ExitReport() {}

    static String of(MemorySegment run, X86VcpuState state, GuestMemory memory, long failure) {
        StringBuilder text = new StringBuilder();
        text.append("vCPU ").append(state.index()).append(": ");
        if (failure != 0) {
            text.append("KVM_RUN failed: ").append(Errno.name((int) -failure));
        } else {
            reason(text, run);
        }
        try {
            Map<String, Long> registers = state.registers();
            int column = 0;
            for (Map.Entry<String, Long> register : registers.entrySet()) {
                text.append(column++ % PER_LINE == 0 ? '\n' : ' ');
                text.append("%9s %016x".formatted(register.getKey(), register.getValue()));
            }
            code(text, registers.getOrDefault("cs.base", 0L) + registers.getOrDefault("rip", 0L), state, memory);
        } catch (VmmException.Host refused) {
            text.append("\nregisters: ").append(refused.getMessage());
        }
        return text.toString();
    }

    private static void reason(StringBuilder text, MemorySegment run) {
        int reason = run.get(JAVA_INT, KvmRun.EXIT_REASON);
        text.append("exit ").append(KvmRun.reasonName(reason));
        switch (reason) {
            case KvmRun.EXIT_FAIL_ENTRY ->
                text.append(", hardware reason 0x%x".formatted(run.get(JAVA_LONG, KvmRun.FAIL_ENTRY_REASON)));
            case KvmRun.EXIT_INTERNAL_ERROR -> internalError(text, run);
            case KvmRun.EXIT_SYSTEM_EVENT ->
                text.append(", type ").append(run.get(JAVA_INT, KvmRun.SYSTEM_EVENT_TYPE));
            default -> {}
        }
    }

    private static void internalError(StringBuilder text, MemorySegment run) {
        int suberror = run.get(JAVA_INT, KvmRun.INTERNAL_SUBERROR);
        int count = Math.clamp(run.get(JAVA_INT, KvmRun.INTERNAL_NDATA), 0, 16);
        text.append(
                switch (suberror) {
                    case SUBERROR_EMULATION -> ", the kernel can't emulate an instruction";
                    case 2 -> ", simultaneous exceptions";
                    case 3 -> ", exit while an event was delivered";
                    case 4 -> ", unexpected exit reason";
                    default -> ", suberror " + suberror;
                });
        boolean hasInstruction = suberror == SUBERROR_EMULATION
                && count >= 3
                && (run.get(JAVA_LONG, KvmRun.EMULATION_FLAGS) & HAS_INSTRUCTION) != 0;
        if (hasInstruction) {
            int size = Math.clamp(run.get(JAVA_BYTE, KvmRun.EMULATION_INSN_SIZE), 0, INSTRUCTION_BYTES);
            byte[] bytes = run.asSlice(KvmRun.EMULATION_INSN_BYTES, size).toArray(JAVA_BYTE);
            text.append(": ").append(HexFormat.ofDelimiter(" ").formatHex(bytes));
            return;
        }
        for (int i = 0; i < count; i++) {
            text.append(" 0x%x".formatted(run.get(JAVA_LONG, KvmRun.INTERNAL_DATA + (long) i * Long.BYTES)));
        }
    }

    private static void code(StringBuilder text, long linear, X86VcpuState state, GuestMemory memory) {
        long gpa = state.translate(linear);
        int length = (int) Math.min(INSTRUCTION_BYTES, PAGE_MASK + 1 - (linear & PAGE_MASK));
        if (gpa < 0 || memory.find(gpa, length) == null) {
            text.append("\ncode at 0x%x is not in memory".formatted(linear));
        } else {
            text.append("\ncode at 0x%x (guest physical 0x%x): ".formatted(linear, gpa))
                    .append(HexFormat.ofDelimiter(" ").formatHex(memory.read(gpa, length)));
        }
    }
}
