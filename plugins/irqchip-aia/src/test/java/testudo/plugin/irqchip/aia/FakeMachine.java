package testudo.plugin.irqchip.aia;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostPlatform;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.MsiInjector;
import testudo.spi.irq.MsiVector;
import testudo.spi.platform.PlacedDevice;
import testudo.spi.platform.Resource;

/// Harts that are only numbers, and a bus that finds registers as a machine's does.
final class FakeMachine implements InterruptControllerContext, InterruptControllerContext.VcpuControl {
    static final long IMSIC = 0x800_0000L;
    static final int PINS = 64;
    static final int EIDELIVERY = 0x70;
    static final int EITHRESHOLD = 0x72;
    static final int EIP = 0x80;
    static final int EIE = 0xC0;

    final List<Integer> kicked = Collections.synchronizedList(new ArrayList<>());
    final long aplic;
    final InterruptController controller;
    private final int vcpus;
    private final int identities;

    FakeMachine(int vcpus, int identities) {
        this.vcpus = vcpus;
        this.identities = identities;
        aplic = IMSIC + 0x1000L * vcpus;
        controller = new AiaProvider().create(this);
    }

    @Override
    public Interrupts interrupts() {
        return new Interrupts(
                PINS, 5, 4, identities, Map.of("imsic", new Window(IMSIC, 0x1000L * vcpus), "aplic", new Window(aplic, 0x4000)));
    }

    long load(long gpa, int sizeBytes) {
        Found found = find(gpa);
        return found.placed().device().read(0, found.offset(), sizeBytes);
    }

    void store(long gpa, int sizeBytes, long value) {
        Found found = find(gpa);
        found.placed().device().write(0, found.offset(), sizeBytes, value);
    }

    private record Found(PlacedDevice placed, long offset) {}

    private Found find(long gpa) {
        for (PlacedDevice placed : controller.devices()) {
            Resource.Mmio range = (Resource.Mmio) placed.resources().getFirst();
            if (gpa >= range.gpa() && gpa < range.gpa() + range.sizeBytes()) {
                return new Found(placed, gpa - range.gpa());
            }
        }
        throw new AssertionError("nothing at 0x%x".formatted(gpa));
    }

    /// Reads a register of the APLIC.
    int wires(int offset) {
        return (int) load(aplic + offset, 4);
    }

    /// Writes a register of the APLIC.
    void wires(int offset, int value) {
        store(aplic + offset, 4, Integer.toUnsignedLong(value));
    }

    /// What a hart's operating system does first: everything is delivered, every identity is enabled.
    void enable(int vcpu) {
        controller.writeRegister(vcpu, EIDELIVERY, 1);
        controller.writeRegister(vcpu, EITHRESHOLD, 0);
        for (int register = EIE; register < 0x100; register += 2) {
            controller.writeRegister(vcpu, register, -1);
        }
    }

    /// Takes the next interrupt of a hart, as a hypervisor would.
    int take(int vcpu) {
        int identity = controller.pending(vcpu);
        if (identity >= 0) {
            controller.accepted(vcpu, identity);
        }
        return identity;
    }

    @Override
    public IrqchipMode mode() {
        return IrqchipMode.USERSPACE;
    }

    @Override
    public int vcpus() {
        return vcpus;
    }

    @Override
    public HostPlatform host() {
        throw new UnsupportedOperationException("interrupt controllers without timers need no host");
    }

    @Override
    public EventLoop loop() {
        throw new UnsupportedOperationException("interrupt controllers without timers need no loop");
    }

    @Override
    public Optional<MsiInjector> messages() {
        return Optional.empty();
    }

    @Override
    public VcpuControl vcpuControl() {
        return this;
    }

    @Override
    public void interrupt(int vcpu) {
        kicked.add(vcpu);
    }

    @Override
    public void init(int vcpu) {
        throw new AssertionError("harts start by SBI");
    }

    @Override
    public void startup(int vcpu, int page) {
        throw new AssertionError("harts start by SBI");
    }

    @Override
    public int current() {
        return -1;
    }

    /// A vector with a message for an interrupt file.
    MsiVector vector(int vcpu, int identity) {
        MsiVector vector = controller.newMsiVector(8);
        vector.program(IMSIC + 0x1000L * vcpu, identity);
        return vector;
    }
}
