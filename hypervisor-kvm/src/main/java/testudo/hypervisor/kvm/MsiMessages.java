package testudo.hypervisor.kvm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Ioctl;
import testudo.spi.host.HostEvent;
import testudo.spi.host.HostEvents;
import testudo.spi.irq.MsiInjector;
import testudo.spi.irq.MsiVector;

/// Messages to the local APICs: at once by KVM_SIGNAL_MSI, or through a route and an irqfd. Any thread.
final class MsiMessages implements MsiInjector {
    private final Descriptor vm;
    private final GsiRoutes routes;
    private final HostEvents events;
    private final boolean irqfd;
    private final MemorySegment message;

    MsiMessages(Descriptor vm, GsiRoutes routes, HostEvents events, boolean irqfd, Arena arena) {
        this.vm = vm;
        this.routes = routes;
        this.events = events;
        this.irqfd = irqfd;
        message = arena.allocate(KvmMsi.LAYOUT);
    }

    @Override
    public synchronized void inject(long address, int data) {
        message.set(JAVA_INT, KvmMsi.ADDRESS_LO, (int) address);
        message.set(JAVA_INT, KvmMsi.ADDRESS_HI, (int) (address >>> 32));
        message.set(JAVA_INT, KvmMsi.DATA, data);
        // A refused message is one that no local APIC takes: on the bus nobody would hear it either.
        Ioctl.call(vm.descriptor(), KvmMsi.SIGNAL_MSI, message.address());
    }

    @Override
    public MsiVector newVector(int deviceId) {
        return irqfd ? new IrqfdVector(vm, routes, events.newEvent()) : new InjectedVector(this);
    }

    @Override
    public void route(int pin, long address, int data) {
        routes.route(Objects.checkIndex(pin, GsiRoutes.PINS), address, data);
    }

    /// Binds an eventfd to a number, or undoes that.
    /// @return 0 or a negative errno
    static long irqfd(Descriptor vm, int event, int gsi, int flags, int resample) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment argument = arena.allocate(KvmIrqfd.LAYOUT);
            argument.set(JAVA_INT, KvmIrqfd.FD, event);
            argument.set(JAVA_INT, KvmIrqfd.GSI, gsi);
            argument.set(JAVA_INT, KvmIrqfd.FLAGS, flags);
            argument.set(JAVA_INT, KvmIrqfd.RESAMPLEFD, resample);
            return Ioctl.call(vm.descriptor(), KvmIrqfd.IRQFD, argument.address());
        }
    }

    /// A vector without irqfd.
    private static final class InjectedVector implements MsiVector {
        private final MsiMessages messages;
        private boolean programmed;
        private long address;
        private int data;

        InjectedVector(MsiMessages messages) {
            this.messages = messages;
        }

        @Override
        public synchronized void program(long newAddress, int newData) {
            address = newAddress;
            data = newData;
            programmed = true;
        }

        @Override
        public synchronized void raise() {
            if (programmed) {
                messages.inject(address, data);
            }
        }

        @Override
        public Optional<HostEvent> event() {
            return Optional.empty();
        }

        @Override
        public synchronized void close() {
            programmed = false;
        }
    }
}
