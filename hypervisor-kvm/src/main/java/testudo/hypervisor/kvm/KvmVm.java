package testudo.hypervisor.kvm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.platform.linux.call.Mapping;
import testudo.spi.VmmException;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.DirtyLog;
import testudo.spi.hypervisor.GuestClock;
import testudo.spi.hypervisor.IoEvents;
import testudo.spi.hypervisor.MemoryDiscard;
import testudo.spi.hypervisor.MemoryHandles;
import testudo.spi.hypervisor.MemoryRequest;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.Vm;
import testudo.spi.hypervisor.VmRequest;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.KernelInterruptController;
import testudo.spi.irq.MsiInjector;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;

/// A virtual machine of KVM.
final class KvmVm implements Vm {
    private final KvmSystem system;
    private final HostPlatform host;
    private final VmRequest request;
    private final Arena arena = Arena.ofShared();
    private final Descriptor vm;
    private final MemorySlots slots;
    private final GsiRoutes routes;
    private final KvmIoEvents ioEvents;
    private final List<KvmVcpu> vcpus = new ArrayList<>();
    private @Nullable KernelIrqchip irqchip;
    private boolean closed;

    KvmVm(KvmSystem system, HostPlatform host, VmRequest request) {
        this.system = system;
        this.host = host;
        this.request = request;
        vm = system.createVm();
        slots = new MemorySlots(vm, host.memory(), request.name(), arena);
        routes = new GsiRoutes(vm, system.extension(Kvm.CAP_IRQ_ROUTING), request.irqchip(), arena);
        ioEvents = new KvmIoEvents(vm);
        try {
            X86Vm.configure(system, vm, request.irqchip());
        } catch (RuntimeException failure) {
            close();
            throw failure;
        }
    }

    @Override
    public GuestMemory memory() {
        return slots.memory();
    }

    @Override
    public GuestRegion addMemory(MemoryRequest memory) {
        if (memory.readOnly() && system.extension(Kvm.CAP_READONLY_MEM) == 0) {
            throw new VmmException.Host(
                    VmmException.Kind.UNSUPPORTED, "no read-only memory [hypervisor kvm]; use a newer kernel");
        }
        return slots.add(memory);
    }

    @Override
    public void removeMemory(long gpa) {
        slots.remove(gpa);
    }

    @Override
    public Vcpu createVcpu(int index) {
        if (index < 0 || index >= request.vcpus()) {
            throw new IllegalArgumentException("vCPU %d of %d".formatted(index, request.vcpus()));
        }
        if (request.irqchip() == IrqchipMode.KERNEL && irqchip == null) {
            throw new IllegalStateException("the interrupt controller is made before the vCPUs");
        }
        long result = Ioctl.call(vm.descriptor(), Kvm.CREATE_VCPU, index);
        Descriptor descriptor = new Descriptor((int) Errno.check(result, "cannot create vCPU %d [hypervisor kvm]".formatted(index)));
        try {
            MemorySegment run = Mapping.shared(
                    descriptor.descriptor(), 0, system.runMappingBytes(), arena);
            X86VcpuState state = new X86VcpuState(
                    descriptor, index, request.irqchip() != IrqchipMode.USERSPACE, system, arena);
            KvmVcpu vcpu = new KvmVcpu(
                    descriptor, run, state, memory(), request.irqchip() != IrqchipMode.KERNEL);
            vcpus.add(vcpu);
            return vcpu;
        } catch (RuntimeException failure) {
            descriptor.close();
            throw failure;
        }
    }

    @Override
    public void seal() {
        // KVM lets everything be changed until the first KVM_RUN.
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        Object found = null;
        if (type == IoEvents.class && system.extension(Kvm.CAP_IOEVENTFD) != 0) {
            found = ioEvents;
        } else if (type == DirtyLog.class || type == MemoryDiscard.class || type == MemoryHandles.class) {
            found = slots;
        } else if (type == KernelInterruptController.class && request.irqchip() == IrqchipMode.KERNEL) {
            KernelInterruptController maker = interrupts -> createIrqchip();
            found = maker;
        } else if (type == MsiInjector.class && request.irqchip() != IrqchipMode.USERSPACE) {
            found = messages();
        } else if (type == GuestClock.class && system.extension(Kvm.CAP_ADJUST_CLOCK) != 0) {
            found = new X86Clock(vm);
        }
        return Optional.ofNullable(found).map(type::cast);
    }

    private MsiMessages messages() {
        return new MsiMessages(vm, routes, host.events(), system.extension(Kvm.CAP_IRQFD) != 0, arena);
    }

    private InterruptController createIrqchip() {
        if (irqchip != null) {
            throw new IllegalStateException("there is an interrupt controller already");
        }
        X86Vm.createIrqchip(vm);
        boolean resample = system.extension(Kvm.CAP_IRQFD_RESAMPLE) != 0;
        irqchip = new KernelIrqchip(vm, messages(), host.events(), resample, arena);
        return irqchip;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (irqchip != null) {
            irqchip.close();
        }
        vcpus.reversed().forEach(KvmVcpu::close);
        vm.close();
        arena.close();
        slots.close();
    }
}
