package testudo.hypervisor.kvm;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Assumptions;
import testudo.spi.Availability;
import testudo.spi.arch.MachinePlan;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.Hypervisor;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.KernelInterruptController;
import testudo.spi.memory.GuestRegion.Purpose;
import testudo.spi.option.Configuration;
import testudo.spi.option.Occurrence;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.x86.CpuidEntry;
import testudo.spi.x86.X86BootState;
import testudo.spi.x86.X86Segment;

/// A machine with 1 MiB of memory and one vCPU in real mode that starts at [#CODE].
final class Payload implements AutoCloseable {
    static final int CODE = 0x1000;
    static final int HANDLER = 0x2000;
    static final int GDT = 0x3000;
    static final int IDT = 0x4000;
    static final int STACK = 0x8000;
    static final int MEMORY = 0x10_0000;

    private static final MachinePlan.Interrupts PC_PINS = new MachinePlan.Interrupts(24, 9, 4, 0, Map.of());
    private static final int CODE_SEGMENT = 0x9B;
    private static final int DATA_SEGMENT = 0x93;
    private static final int TASK_SEGMENT = 0x8B;

    final HostPlatform host;
    final Hypervisor hypervisor;
    final Vm vm;
    final Vcpu vcpu;
    final Optional<InterruptController> irqchip;

    /// Starts a machine with code.
    /// @param irqchip where interrupts are handled
    /// @param code machine code, each int one byte
    Payload(IrqchipMode irqchip, int... code) {
        host = host();
        KvmProvider provider = new KvmProvider();
        Configuration configuration = new NoOptions();
        Availability availability = provider.probe(configuration);
        Assumptions.assumeTrue(availability instanceof Availability.Ready, () -> "needs KVM: " + availability);
        hypervisor = provider.open(configuration, host);
        vm = hypervisor.createVm(new VmRequest("test", 2, irqchip));
        vm.addMemory(new MemoryRequest(0, MEMORY, Purpose.RAM, false));
        this.irqchip = vm.capability(KernelInterruptController.class).map(maker -> maker.create(PC_PINS));
        vcpu = vm.createVcpu(0);
        write(CODE, code);
        boot(vcpu);
    }

    Payload(int... code) {
        this(IrqchipMode.USERSPACE, code);
    }

    static HostPlatform host() {
        Payload.class.getModule().addUses(HostPlatform.class);
        return ServiceLoader.load(HostPlatform.class).findFirst().orElseThrow();
    }

    void write(int gpa, int... bytes) {
        byte[] content = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            content[i] = (byte) bytes[i];
        }
        vm.memory().write(gpa, content);
    }

    /// Puts a vCPU to the start of the code.
    void boot(Vcpu which) {
        which.setBootState(bootState(hypervisor.profile().x86().orElseThrow().cpuid()));
    }

    /// Puts a vCPU to the start of the code in flat 32-bit protected mode, with descriptors at [#GDT] and gates at [#IDT].
    /// @param idtLimit 0 for no interrupt table
    void bootProtected(Vcpu which, int idtLimit) {
        write(GDT + 8, 0xFF, 0xFF, 0, 0, 0, 0x9A, 0xCF, 0, 0xFF, 0xFF, 0, 0, 0, 0x92, 0xCF, 0);
        X86Segment code = new X86Segment(8, 0, -1, 0xC000 | CODE_SEGMENT);
        X86Segment data = new X86Segment(16, 0, -1, 0xC000 | DATA_SEGMENT);
        X86Segment task = new X86Segment(0, 0, 0xFFFF, TASK_SEGMENT);
        X86BootState.SystemRegisters system = new X86BootState.SystemRegisters(code, data, task, GDT, 0x17, IDT, idtLimit, 1, 0, 0, 0);
        X86BootState.Entry entry = new X86BootState.Entry(CODE, STACK, 0, 0, 0, system);
        List<CpuidEntry> cpuid = hypervisor.profile().x86().orElseThrow().cpuid();
        which.setBootState(new X86BootState(cpuid, List.of(), Optional.of(entry), false));
    }

    static X86BootState bootState(List<CpuidEntry> cpuid) {
        X86Segment code = new X86Segment(0, 0, 0xFFFF, CODE_SEGMENT);
        X86Segment data = new X86Segment(0, 0, 0xFFFF, DATA_SEGMENT);
        X86Segment task = new X86Segment(0, 0, 0xFFFF, TASK_SEGMENT);
        X86BootState.SystemRegisters system = new X86BootState.SystemRegisters(code, data, task, 0, 0xFFFF, 0, 0x3FF, 0, 0, 0, 0);
        X86BootState.Entry entry = new X86BootState.Entry(CODE, STACK, 0, 0, 0, system);
        return new X86BootState(cpuid, List.of(), Optional.of(entry), true);
    }

    @Override
    public void close() {
        irqchip.ifPresent(InterruptController::close);
        vm.close();
        hypervisor.close();
    }

    /// A command line without options.
    static final class NoOptions implements Configuration {
        @Override
        public <T> List<Occurrence<T>> all(OptionDeclaration<T> option) {
            return List.of();
        }
    }
}
