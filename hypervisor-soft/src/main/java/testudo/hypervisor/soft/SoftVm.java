package testudo.hypervisor.soft;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.hypervisor.soft.cpu.Clock;
import testudo.hypervisor.soft.cpu.Hart;
import testudo.hypervisor.soft.cpu.Interpreter;
import testudo.hypervisor.soft.jit.HartTranslations;
import testudo.hypervisor.soft.jit.Translator;
import testudo.hypervisor.soft.mmu.Mmu;
import testudo.hypervisor.soft.mmu.PhysicalMemory;
import testudo.hypervisor.soft.sbi.HartLife;
import testudo.hypervisor.soft.sbi.SupervisorBinaryInterface;
import testudo.spi.VmmException;
import testudo.spi.host.HostMemory;
import testudo.spi.hypervisor.MemoryDiscard;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VirtualTime;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;

/// A virtual machine in software.
final class SoftVm implements Vm {
    /// How time passes.
    enum Timing {
        /// As on the host; harts run side by side, with translated code.
        WALL_CLOCK,
        /// By counting instructions; one hart at a time, interpreted.
        DETERMINISTIC
    }

    /// What executes, unless the machine is deterministic: then it is the interpreter.
    enum Engine {
        /// Hot code is translated.
        TRANSLATOR,
        /// Nothing is.
        INTERPRETER
    }

    private static final int CODE_LINES = 4096;
    private static final int FEWEST_CODE_LINES = 64;

    private final VmRequest request;
    private final SoftMemory memory;
    private final SupervisorBinaryInterface firmware = new SupervisorBinaryInterface();
    private final List<SoftVcpu> vcpus = new ArrayList<>();
    private final Clock clock;
    private final @Nullable Rotation rotation;
    private final @Nullable Translator translator;
    private @Nullable PhysicalMemory physical;
    private boolean closed;

    SoftVm(HostMemory host, VmRequest request, Timing timing, Engine engine) {
        this.request = request;
        memory = new SoftMemory(host, request.name());
        translator = engine == Engine.TRANSLATOR && timing == Timing.WALL_CLOCK ? new Translator() : null;
        long start = System.nanoTime();
        rotation = timing == Timing.DETERMINISTIC ? new Rotation() : null;
        clock = rotation != null ? rotation : () -> (System.nanoTime() - start) / (1_000_000_000L / Clock.HZ);
    }

    @Override
    public GuestMemory memory() {
        return memory.memory();
    }

    @Override
    public GuestRegion addMemory(MemoryRequest region) {
        return memory.add(region);
    }

    @Override
    public void removeMemory(long gpa) {
        throw new VmmException.Host(VmmException.Kind.UNSUPPORTED, "memory can't be removed [hypervisor soft]");
    }

    @Override
    public Vcpu createVcpu(int index) {
        if (index != vcpus.size() || index >= request.vcpus()) {
            throw new IllegalArgumentException("vCPU %d of %d".formatted(index, request.vcpus()));
        }
        PhysicalMemory seen = physical;
        if (seen == null) {
            seen = new PhysicalMemory(memory.memory());
            physical = seen;
        }
        Hart hart = new Hart(index, new Mmu(seen), codeLines(request.vcpus()), clock, firmware);
        HartLife life = new HartLife(hart);
        firmware.add(life);
        if (rotation != null) {
            rotation.add(hart);
        }
        SoftVcpu vcpu = new SoftVcpu(hart, life, executor(hart), rotation);
        vcpus.add(vcpu);
        return vcpu;
    }

    /// How much decoded code a hart keeps: all harts together no more than 20 MiB, but each enough to go on.
    private static int codeLines(int harts) {
        return Math.max(Integer.highestOneBit(CODE_LINES / harts), FEWEST_CODE_LINES);
    }

    private Executor executor(Hart hart) {
        if (translator == null) {
            return Interpreter::run;
        }
        HartTranslations translations = translator.attach(hart);
        return (its, budget) -> translations.execute(budget);
    }

    @Override
    public void seal() {
        // Nothing is fixed by the first instruction.
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        if (type == VirtualTime.class && rotation != null) {
            return Optional.of(type.cast(rotation));
        }
        return type == MemoryDiscard.class || type == MemoryHandles.class ? Optional.of(type.cast(memory)) : Optional.empty();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            if (translator != null) {
                translator.close();
            }
            memory.close();
        }
    }
}
