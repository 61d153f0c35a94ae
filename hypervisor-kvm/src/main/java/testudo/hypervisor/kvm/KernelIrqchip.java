package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.VmmException;
import testudo.spi.host.HostEvents;
import testudo.spi.irq.InterruptController;
import testudo.spi.irq.InterruptLine;
import testudo.spi.irq.MsiVector;
import testudo.spi.irq.Trigger;
import testudo.spi.platform.PlacedDevice;

/// PIC, IOAPIC and local APICs in the kernel. Lines are levels set by KVM_IRQ_LINE; acknowledgements come from resampling irqfds.
final class KernelIrqchip implements InterruptController {
    private final Descriptor vm;
    private final MsiMessages messages;
    private final HostEvents events;
    private final boolean resample;
    private final @Nullable Pin[] pins = new Pin[GsiRoutes.PINS];
    private final Arena arena;
    private @Nullable ResampleWatcher watcher;

    KernelIrqchip(Descriptor vm, MsiMessages messages, HostEvents events, boolean resample, Arena arena) {
        this.vm = vm;
        this.messages = messages;
        this.events = events;
        this.resample = resample;
        this.arena = arena;
    }

    @Override
    public synchronized InterruptLine line(int gsi, Trigger trigger) {
        if (gsi < 0 || gsi >= pins.length) {
            throw new VmmException.Config(
                    "there is no interrupt pin %d; use 0 to %d".formatted(gsi, pins.length - 1));
        }
        Pin pin = pins[gsi];
        if (pin == null) {
            pin = new Pin(gsi, trigger);
            pins[gsi] = pin;
        } else if (pin.trigger != trigger) {
            throw new VmmException.Config(
                    "interrupt pin %d is %s-triggered; it can't be shared with %s".formatted(gsi, pin.trigger, trigger));
        }
        return new Line(pin);
    }

    @Override
    public MsiVector newMsiVector(int deviceId) {
        return messages.newVector(deviceId);
    }

    @Override
    public List<PlacedDevice> devices() {
        return List.of();
    }

    @Override
    public synchronized void close() {
        if (watcher != null) {
            watcher.close();
            watcher = null;
        }
    }

    private synchronized void watch(Pin pin) {
        if (pin.watched || !resample) {
            return;
        }
        if (watcher == null) {
            watcher = new ResampleWatcher(vm, events);
        }
        watcher.watch(pin.gsi, pin::acknowledged);
        pin.watched = true;
    }

    /// An input pin: high while any of its lines is.
    private final class Pin {
        final int gsi;
        final Trigger trigger;
        private final MemorySegment level = arena.allocate(KvmIrqLevel.LAYOUT);
        private final List<Line> listeners = new ArrayList<>();
        private int high;
        boolean watched;

        Pin(int gsi, Trigger trigger) {
            this.gsi = gsi;
            this.trigger = trigger;
            level.set(JAVA_INT, KvmIrqLevel.IRQ, gsi);
        }

        synchronized void change(Line line, boolean raise) {
            if (line.high == raise) {
                return;
            }
            line.high = raise;
            high += raise ? 1 : -1;
            if (raise ? high == 1 : high == 0) {
                level.set(JAVA_INT, KvmIrqLevel.LEVEL, raise ? 1 : 0);
                Errno.check(
                        Ioctl.call(vm.descriptor(), KvmIrqLevel.IRQ_LINE, level.address()),
                        "cannot set an interrupt line [hypervisor kvm]");
            }
        }

        synchronized void listen(Line line, Runnable acknowledged) {
            line.acknowledged = acknowledged;
            if (!listeners.contains(line)) {
                listeners.add(line);
            }
        }

        void acknowledged() {
            List<Runnable> calls = new ArrayList<>();
            synchronized (this) {
                listeners.forEach(line -> calls.add(line.acknowledged));
            }
            calls.forEach(Runnable::run);
        }
    }

    /// One device's wire to a pin.
    private final class Line implements InterruptLine {
        private final Pin pin;
        private boolean high;
        private Runnable acknowledged = () -> {};

        Line(Pin pin) {
            this.pin = pin;
        }

        @Override
        public void set(boolean raise) {
            pin.change(this, raise);
        }

        @Override
        public void onAcknowledge(Runnable call) {
            pin.listen(this, call);
            watch(pin);
        }
    }
}
