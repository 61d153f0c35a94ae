package testudo.plugin.irqchip.x86;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.VmRequest.IrqchipMode;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptControllerContext;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiInjector;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlacedDevice;
import testudo.spi.platform.Resource;

/// All chips of one machine, wired together. Global interrupt numbers are pins of the I/O APIC; 0 to 15 also reach the 8259A pair.
final class PcInterruptController implements InterruptController {
    /// The input by which the second 8259A is connected to the first.
    static final int CASCADE = 2;

    private static final int ISA_PINS = 16;
    private static final int BOOT_VCPU = 0;

    private final Wiring wiring;
    private final PicPair pics;
    private final IoApic ioApic;
    private final Pit pit;
    private final @Nullable LocalApics localApics;
    private final @Nullable MsiInjector injector;
    private final @Nullable Pin[] pins = new @Nullable Pin[IoApic.PINS];
    private final int[] offered;

    /// Makes the chips.
    /// @param context what they need of the machine
    PcInterruptController(InterruptControllerContext context) {
        wiring = new Wiring(context.vcpuControl(), context.vcpus());
        boolean split = context.mode() == IrqchipMode.SPLIT;
        injector = split ? context.messages().orElseThrow(() -> new IllegalStateException("split mode without messages")) : null;
        localApics = split ? null : new LocalApics(wiring, context.vcpus(), context.host().events(), context.loop());
        offered = new int[context.vcpus()];
        pics = new PicPair(wiring, this::picAsks);
        ioApic = new IoApic(wiring, new IoApic.Messages() {
            @Override
            public void deliver(long address, int data) {
                send(address, data);
            }

            @Override
            public void changed(int pin, long address, int data) {
                if (injector != null) {
                    injector.route(pin, address, data);
                }
            }
        });
        if (localApics != null) {
            localApics.onEndOfInterrupt(ioApic::endOfInterrupt);
        }
        pit = new Pit(wiring, line(0, Trigger.EDGE), context.host().events(), context.loop());
    }

    @Override
    public InterruptLine line(int gsi, Trigger trigger) {
        if (gsi < 0 || gsi >= IoApic.PINS) {
            throw new VmmException.Config("interrupt %d does not exist; the I/O APIC has 0 to %d".formatted(gsi, IoApic.PINS - 1));
        }
        wiring.lock();
        try {
            Pin pin = pins[gsi];
            if (pin == null) {
                pin = new Pin(wiring, high -> setPin(gsi, high), trigger);
                pins[gsi] = pin;
            }
            if (pin.trigger() != trigger) {
                throw new VmmException.Config(
                        "interrupt %d is %s-triggered already; a %s-triggered device needs another"
                                .formatted(gsi, name(pin.trigger()), name(trigger)));
            }
            Pin.Line line = pin.newLine();
            ioApic.attach(gsi, line);
            return line;
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public MsiVector newMsiVector(int deviceId) {
        return injector != null ? injector.newVector(deviceId) : new Vector();
    }

    @Override
    public List<PlacedDevice> devices() {
        List<PlacedDevice> devices = new ArrayList<>(List.of(
                new PlacedDevice(
                        "pic", pics, List.of(new Resource.Ports(0x20, 2), new Resource.Ports(0xA0, 2), new Resource.Ports(0x4D0, 2))),
                new PlacedDevice("ioapic", ioApic, List.of(new Resource.Mmio(IoApic.GPA, IoApic.SIZE))),
                new PlacedDevice("pit", pit, List.of(new Resource.Ports(0x40, 4), new Resource.Ports(0x61, 1)))));
        if (localApics != null) {
            devices.add(new PlacedDevice("lapic", localApics, List.of(new Resource.Mmio(LocalApics.GPA, LocalApics.SIZE))));
        }
        return devices;
    }

    @Override
    public void endOfInterrupt(int vector) {
        wiring.lock();
        try {
            ioApic.endOfInterrupt(vector);
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public int pending(int vcpu) {
        wiring.lock();
        try {
            int vector = takesPic(vcpu) ? pics.pending() : -1;
            offered[vcpu] = vector;
            return vector >= 0 || localApics == null ? vector : localApics.pending(vcpu);
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void accepted(int vcpu, int vector) {
        wiring.lock();
        try {
            if (offered[vcpu] == vector) {
                offered[vcpu] = -1;
                pics.acknowledge(vector);
            } else if (localApics != null) {
                localApics.accepted(vcpu, vector);
            }
        } finally {
            wiring.unlock();
        }
    }

    @Override
    public void close() {
        pit.close();
        if (localApics != null) {
            localApics.close();
        }
    }

    private boolean takesPic(int vcpu) {
        // In split mode the hypervisor's local APIC decides whether the vector gets through.
        return localApics == null ? vcpu == BOOT_VCPU : localApics.takesExtInt(vcpu);
    }

    private void picAsks() {
        for (int vcpu = 0; vcpu < offered.length; vcpu++) {
            if (takesPic(vcpu)) {
                wiring.wake(vcpu);
            }
        }
    }

    private void setPin(int gsi, boolean high) {
        if (gsi < ISA_PINS) {
            pics.set(gsi, high);
        }
        ioApic.set(gsi, high);
    }

    private void send(long address, int data) {
        if (injector != null) {
            injector.inject(address, data);
        } else if (localApics != null) {
            localApics.message(address, data);
        }
    }

    private static String name(Trigger trigger) {
        return trigger == Trigger.EDGE ? "edge" : "level";
    }

    /// A device's message where the local APICs are here. No event: nobody but this process could deliver it.
    private final class Vector implements MsiVector {
        private long address;
        private int data;
        private boolean programmed;

        @Override
        public void program(long newAddress, int newData) {
            wiring.lock();
            try {
                address = newAddress;
                data = newData;
                programmed = true;
            } finally {
                wiring.unlock();
            }
        }

        @Override
        public void raise() {
            wiring.lock();
            try {
                if (programmed) {
                    send(address, data);
                }
            } finally {
                wiring.unlock();
            }
        }

        @Override
        public Optional<testudo.spi.host.HostEvent> event() {
            return Optional.empty();
        }

        @Override
        public void close() {
            wiring.lock();
            try {
                programmed = false;
            } finally {
                wiring.unlock();
            }
        }
    }
}
