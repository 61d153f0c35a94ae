package testudo.hypervisor.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Compares every structure, request and member of the run page with what the C compiler makes of `linux/kvm.h`.
class KvmLayoutTest {
    private static final Map<String, StructLayout> STRUCTS = Map.ofEntries(
            Map.entry("struct kvm_userspace_memory_region", KvmUserspaceMemoryRegion.LAYOUT),
            Map.entry("struct kvm_dirty_log", KvmDirtyLog.LAYOUT),
            Map.entry("struct kvm_irq_level", KvmIrqLevel.LAYOUT),
            Map.entry("struct kvm_irqfd", KvmIrqfd.LAYOUT),
            Map.entry("struct kvm_ioeventfd", KvmIoeventfd.LAYOUT),
            Map.entry("struct kvm_irq_routing", KvmIrqRouting.LAYOUT),
            Map.entry("struct kvm_irq_routing_entry", KvmIrqRoutingEntry.LAYOUT),
            Map.entry("struct kvm_msi", KvmMsi.LAYOUT),
            Map.entry("struct kvm_enable_cap", KvmEnableCap.LAYOUT),
            Map.entry("struct kvm_pit_config", KvmPitConfig.LAYOUT),
            Map.entry("struct kvm_mp_state", KvmMpState.LAYOUT),
            Map.entry("struct kvm_translation", KvmTranslation.LAYOUT),
            Map.entry("struct kvm_interrupt", KvmInterrupt.LAYOUT),
            Map.entry("struct kvm_signal_mask", KvmSignalMask.LAYOUT),
            Map.entry("struct kvm_cpuid2", KvmCpuid2.LAYOUT),
            Map.entry("struct kvm_cpuid_entry2", KvmCpuidEntry2.LAYOUT),
            Map.entry("struct kvm_regs", KvmRegs.LAYOUT),
            Map.entry("struct kvm_segment", KvmSegment.LAYOUT),
            Map.entry("struct kvm_dtable", KvmDtable.LAYOUT),
            Map.entry("struct kvm_sregs", KvmSregs.LAYOUT),
            Map.entry("struct kvm_fpu", KvmFpu.LAYOUT),
            Map.entry("struct kvm_msrs", KvmMsrs.LAYOUT),
            Map.entry("struct kvm_msr_entry", KvmMsrEntry.LAYOUT),
            Map.entry("struct kvm_msr_list", KvmMsrList.LAYOUT),
            Map.entry("struct kvm_lapic_state", KvmLapicState.LAYOUT),
            Map.entry("struct kvm_vcpu_events", KvmVcpuEvents.LAYOUT),
            Map.entry("struct kvm_debugregs", KvmDebugregs.LAYOUT),
            Map.entry("struct kvm_guest_debug", KvmGuestDebug.LAYOUT),
            Map.entry("struct kvm_clock_data", KvmClockData.LAYOUT),
            Map.entry("struct kvm_xsave", KvmXsave.LAYOUT),
            Map.entry("struct kvm_xcrs", KvmXcrs.LAYOUT));
    private static final Map<String, StructLayout> UNION = Map.of(
            "io", KvmRun.IO,
            "mmio", KvmRun.MMIO,
            "hypercall", KvmRun.HYPERCALL,
            "fail_entry", KvmRun.FAIL_ENTRY,
            "internal", KvmRun.INTERNAL,
            "emulation_failure", KvmRun.EMULATION_FAILURE,
            "system_event", KvmRun.SYSTEM_EVENT,
            "eoi", KvmRun.EOI,
            "msr", KvmRun.MSR);
    private static final Map<String, Long> REQUESTS = Map.ofEntries(
            Map.entry("KVM_GET_API_VERSION", Kvm.GET_API_VERSION),
            Map.entry("KVM_CREATE_VM", Kvm.CREATE_VM),
            Map.entry("KVM_CHECK_EXTENSION", Kvm.CHECK_EXTENSION),
            Map.entry("KVM_GET_VCPU_MMAP_SIZE", Kvm.GET_VCPU_MMAP_SIZE),
            Map.entry("KVM_CREATE_VCPU", Kvm.CREATE_VCPU),
            Map.entry("KVM_SET_TSS_ADDR", Kvm.SET_TSS_ADDR),
            Map.entry("KVM_SET_IDENTITY_MAP_ADDR", Kvm.SET_IDENTITY_MAP_ADDR),
            Map.entry("KVM_CREATE_IRQCHIP", Kvm.CREATE_IRQCHIP),
            Map.entry("KVM_RUN", Kvm.RUN),
            Map.entry("KVM_GET_TSC_KHZ", Kvm.GET_TSC_KHZ),
            Map.entry("KVM_SET_USER_MEMORY_REGION", KvmUserspaceMemoryRegion.SET),
            Map.entry("KVM_GET_DIRTY_LOG", KvmDirtyLog.GET),
            Map.entry("KVM_IRQ_LINE", KvmIrqLevel.IRQ_LINE),
            Map.entry("KVM_IRQFD", KvmIrqfd.IRQFD),
            Map.entry("KVM_IOEVENTFD", KvmIoeventfd.IOEVENTFD),
            Map.entry("KVM_SET_GSI_ROUTING", KvmIrqRouting.SET_GSI_ROUTING),
            Map.entry("KVM_SIGNAL_MSI", KvmMsi.SIGNAL_MSI),
            Map.entry("KVM_ENABLE_CAP", KvmEnableCap.ENABLE_CAP),
            Map.entry("KVM_CREATE_PIT2", KvmPitConfig.CREATE_PIT2),
            Map.entry("KVM_SET_MP_STATE", KvmMpState.SET),
            Map.entry("KVM_TRANSLATE", KvmTranslation.TRANSLATE),
            Map.entry("KVM_INTERRUPT", KvmInterrupt.INTERRUPT),
            Map.entry("KVM_SET_SIGNAL_MASK", KvmSignalMask.SET),
            Map.entry("KVM_SET_CPUID2", KvmCpuid2.SET),
            Map.entry("KVM_GET_SUPPORTED_CPUID", KvmCpuid2.GET_SUPPORTED),
            Map.entry("KVM_GET_REGS", KvmRegs.GET),
            Map.entry("KVM_SET_REGS", KvmRegs.SET),
            Map.entry("KVM_GET_SREGS", KvmSregs.GET),
            Map.entry("KVM_SET_SREGS", KvmSregs.SET),
            Map.entry("KVM_GET_FPU", KvmFpu.GET),
            Map.entry("KVM_SET_FPU", KvmFpu.SET),
            Map.entry("KVM_GET_MSRS", KvmMsrs.GET),
            Map.entry("KVM_SET_MSRS", KvmMsrs.SET),
            Map.entry("KVM_GET_MSR_INDEX_LIST", KvmMsrList.GET_INDEX_LIST),
            Map.entry("KVM_GET_LAPIC", KvmLapicState.GET),
            Map.entry("KVM_SET_LAPIC", KvmLapicState.SET),
            Map.entry("KVM_GET_VCPU_EVENTS", KvmVcpuEvents.GET),
            Map.entry("KVM_SET_VCPU_EVENTS", KvmVcpuEvents.SET),
            Map.entry("KVM_GET_DEBUGREGS", KvmDebugregs.GET),
            Map.entry("KVM_SET_GUEST_DEBUG", KvmGuestDebug.SET),
            Map.entry("KVM_SET_DEBUGREGS", KvmDebugregs.SET),
            Map.entry("KVM_GET_CLOCK", KvmClockData.GET),
            Map.entry("KVM_SET_CLOCK", KvmClockData.SET),
            Map.entry("KVM_GET_XSAVE", KvmXsave.GET),
            Map.entry("KVM_SET_XSAVE", KvmXsave.SET),
            Map.entry("KVM_GET_XCRS", KvmXcrs.GET),
            Map.entry("KVM_SET_XCRS", KvmXcrs.SET));

    @TempDir Path folder;

    private final Map<String, Long> ours = new TreeMap<>();
    private final StringBuilder program = new StringBuilder(
            "#include <stddef.h>\n#include <stdio.h>\n#include <linux/kvm.h>\nint main(void) {\n");

    @Test
    void layoutsAndRequestsAreTheKernels() throws IOException, InterruptedException {
        Assumptions.assumeTrue(System.getProperty("os.arch").equals("amd64"), "needs x86-64 headers");
        STRUCTS.forEach((name, layout) -> {
            ask("sizeof(" + name + ")", layout.byteSize());
            members(name, "", layout, 0);
        });
        members("struct kvm_run", "", KvmRun.LAYOUT, 0);
        UNION.forEach((name, layout) -> members("struct kvm_run", name + ".", layout, KvmRun.UNION));
        REQUESTS.forEach(this::ask);
        program.append("return 0; }\n");

        assertEquals(ours, compileAndRun());
    }

    private void members(String struct, String prefix, StructLayout layout, long base) {
        for (MemoryLayout member : layout.memberLayouts()) {
            member.name().ifPresent(field -> ask(
                    "offsetof(%s, %s%s)".formatted(struct, prefix, field),
                    base + layout.byteOffset(PathElement.groupElement(field))));
        }
    }

    private void ask(String expression, long value) {
        program.append("printf(\"%s=%%ld\\n\", (long) %s);\n".formatted(expression, expression));
        ours.put(expression, value);
    }

    private Map<String, Long> compileAndRun() throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("layout.c"), program);
        Path binary = folder.resolve("layout");
        try {
            run(List.of("gcc", "-o", binary.toString(), source.toString()));
        } catch (IOException missing) {
            Assumptions.abort("needs gcc");
        }
        Map<String, Long> theirs = new TreeMap<>();
        for (String line : run(List.of(binary.toString()))) {
            int equals = line.lastIndexOf('=');
            theirs.put(line.substring(0, equals), Long.valueOf(line.substring(equals + 1)));
        }
        return theirs;
    }

    private List<String> run(List<String> command) throws IOException, InterruptedException {
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertEquals(true, process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), Files.readString(output));
        return Files.readAllLines(output);
    }
}
