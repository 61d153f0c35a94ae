package testudo.plugin.irqchip.aia;

import java.util.List;
import java.util.Optional;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan.Interrupts;
import testudo.spi.arch.MachinePlan.Window;
import testudo.spi.host.HostEvent;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlacedDevice;
import testudo.spi.platform.Resource;

/// The controllers of one machine. A global interrupt number is an APLIC source, 1 and up.
final class AiaController implements InterruptController {
    private final Interrupts interrupts;
    private final Imsics imsics;
    private final Aplic aplic;

    /// Makes the controllers.
    /// @param context what they need of the machine
    AiaController(InterruptControllerContext context) {
        interrupts = context.interrupts();
        imsics = new Imsics(window("imsic"), context.vcpus(), interrupts.identities(), context.vcpuControl());
        aplic = new Aplic(interrupts.pins(), imsics);
    }

    private Window window(String name) {
        Window window = interrupts.registers().get(name);
        if (window == null) {
            throw new VmmException.Config("the machine's plan has no place for its %s".formatted(name));
        }
        return window;
    }

    @Override
    public InterruptLine line(int gsi, Trigger trigger) {
        if (gsi < 1 || gsi >= interrupts.pins()) {
            throw new VmmException.Config("interrupt %d does not exist; the APLIC has 1 to %d".formatted(gsi, interrupts.pins() - 1));
        }
        return aplic.line(gsi, trigger);
    }

    @Override
    public MsiVector newMsiVector(int deviceId) {
        return new Vector();
    }

    @Override
    public List<PlacedDevice> devices() {
        Window files = window("imsic");
        Window wires = window("aplic");
        return List.of(
                new PlacedDevice("imsic", imsics, List.of(new Resource.Mmio(files.start(), files.sizeBytes()))),
                new PlacedDevice("aplic", aplic, List.of(new Resource.Mmio(wires.start(), wires.sizeBytes()))));
    }

    @Override
    public int pending(int vcpu) {
        return imsics.file(vcpu).top();
    }

    @Override
    public void accepted(int vcpu, int vector) {
        imsics.file(vcpu).claim(vector);
    }

    @Override
    public long readRegister(int vcpu, int register) {
        return imsics.file(vcpu).read(register);
    }

    @Override
    public void writeRegister(int vcpu, int register, long value) {
        imsics.file(vcpu).write(register, value);
    }

    @Override
    public void close() {}

    /// A device's message. No event: nobody but this process could deliver it.
    private final class Vector implements MsiVector {
        private volatile Message message = Message.NONE;

        @Override
        public void program(long address, int data) {
            message = new Message(address, data);
        }

        @Override
        public void raise() {
            Message now = message;
            imsics.message(now.address(), now.data());
        }

        @Override
        public Optional<HostEvent> event() {
            return Optional.empty();
        }

        @Override
        public void close() {
            message = Message.NONE;
        }
    }

    /// An address and what is written there.
    private record Message(long address, int data) {
        /// What a vector without a message writes: there is no identity 0.
        static final Message NONE = new Message(0, 0);
    }
}
