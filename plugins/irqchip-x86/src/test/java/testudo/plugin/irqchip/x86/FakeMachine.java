package testudo.plugin.irqchip.x86;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.MsiInjector;
import testudo.spi.irq.MsiVector;
import testudo.spi.platform.PlacedDevice;
import testudo.spi.platform.Resource;
import testudo.testing.driver.SteppedHost;

/// The rest of a machine: vCPUs that are only numbers, and buses that find registers as a machine's do.
final class FakeMachine implements InterruptControllerContext, InterruptControllerContext.VcpuControl, MsiInjector {
    static final long APIC = 0xFEE0_0000L;
    static final long IO_APIC = 0xFEC0_0000L;

    final SteppedHost host = new SteppedHost(1_000);
    final List<String> calls = new ArrayList<>();
    final List<Integer> woken = new ArrayList<>();
    final InterruptController controller;
    int current;
    private final IrqchipMode mode;
    private final int vcpus;

    FakeMachine(IrqchipMode mode, int vcpus) {
        this.mode = mode;
        this.vcpus = vcpus;
        controller = new PcInterruptControllerProvider().create(this);
    }

    @Override
    public Interrupts interrupts() {
        return new Interrupts(24, 9, 4, 0, Map.of());
    }

    int in(int port) {
        return (int) access(port, false, 1, 0);
    }

    void out(int port, int value) {
        access(port, false, 1, value | 1L << 40);
    }

    long load(long gpa) {
        return access(gpa, true, 4, 0);
    }

    void store(long gpa, long value) {
        access(gpa, true, 4, value | 1L << 40);
    }

    /// Reads or writes (bit 40 of the value) where a device is placed.
    private long access(long address, boolean memory, int sizeBytes, long value) {
        for (PlacedDevice placed : controller.devices()) {
            for (int i = 0; i < placed.resources().size(); i++) {
                Resource resource = placed.resources().get(i);
                long first = resource instanceof Resource.Ports ports ? ports.first() : ((Resource.Mmio) resource).gpa();
                long size = resource instanceof Resource.Ports ports ? ports.count() : ((Resource.Mmio) resource).sizeBytes();
                if (resource instanceof Resource.Mmio != memory || address < first || address >= first + size) {
                    continue;
                }
                if ((value & 1L << 40) != 0) {
                    placed.device().write(i, address - first, sizeBytes, value & 0xFFFF_FFFFL);
                    return 0;
                }
                return placed.device().read(i, address - first, sizeBytes);
            }
        }
        throw new AssertionError("nothing at 0x%x".formatted(address));
    }

    /// Programs both 8259As as a PC's operating system does, all inputs open.
    void initialisePics() {
        for (int port : new int[]{0x20, 0xA0}) {
            out(port, 0x11);
            out(port + 1, port == 0x20 ? 0x30 : 0x38);
            out(port + 1, port == 0x20 ? 4 : 2);
            out(port + 1, 1);
            out(port + 1, 0);
        }
    }

    void redirect(int pin, long entry) {
        store(IO_APIC, 0x11 + 2 * pin);
        store(IO_APIC + 0x10, entry >>> 32);
        store(IO_APIC, 0x10 + 2 * pin);
        store(IO_APIC + 0x10, entry & 0xFFFF_FFFFL);
    }

    long redirection(int pin) {
        store(IO_APIC, 0x11 + 2 * pin);
        long high = load(IO_APIC + 0x10);
        store(IO_APIC, 0x10 + 2 * pin);
        return high << 32 | load(IO_APIC + 0x10);
    }

    /// Enables the local APIC of a vCPU with a flat logical id of its own, 8259A interrupts off.
    void enableApic(int vcpu) {
        current = vcpu;
        store(APIC + 0xF0, 0x1FF);
        store(APIC + 0xD0, 1L << 24 + vcpu);
        store(APIC + 0x350, 0x10000);
    }

    /// Takes the next interrupt of a vCPU, as a hypervisor would.
    int take(int vcpu) {
        int vector = controller.pending(vcpu);
        if (vector >= 0) {
            controller.accepted(vcpu, vector);
        }
        return vector;
    }

    void endOfInterrupt(int vcpu) {
        current = vcpu;
        store(APIC + 0xB0, 0);
    }

    @Override
    public IrqchipMode mode() {
        return mode;
    }

    @Override
    public int vcpus() {
        return vcpus;
    }

    @Override
    public HostPlatform host() {
        return host;
    }

    @Override
    public EventLoop loop() {
        return host;
    }

    @Override
    public Optional<MsiInjector> messages() {
        return mode == IrqchipMode.SPLIT ? Optional.of(this) : Optional.empty();
    }

    @Override
    public VcpuControl vcpuControl() {
        return this;
    }

    @Override
    public void interrupt(int vcpu) {
        woken.add(vcpu);
    }

    @Override
    public void init(int vcpu) {
        calls.add("init " + vcpu);
    }

    @Override
    public void startup(int vcpu, int page) {
        calls.add("startup %d 0x%x".formatted(vcpu, page));
    }

    @Override
    public int current() {
        return current;
    }

    @Override
    public void inject(long address, int data) {
        calls.add("inject 0x%x 0x%x".formatted(address, data));
    }

    @Override
    public MsiVector newVector(int deviceId) {
        calls.add("vector " + deviceId);
        return new MsiVector() {
            @Override
            public void program(long address, int data) {}

            @Override
            public void raise() {}

            @Override
            public Optional<HostEvent> event() {
                return Optional.empty();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void route(int pin, long address, int data) {
        calls.add("route %d 0x%x 0x%x".formatted(pin, address, data));
    }
}
