package testudo.hypervisor.kvm;

import java.util.Optional;
import testudo.platform.linux.call.Descriptor;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.spi.host.HostEvent;
import testudo.spi.irq.MsiVector;

/// A message with a route of its own and an eventfd that delivers it.
final class IrqfdVector implements MsiVector {
    private final Descriptor vm;
    private final GsiRoutes routes;
    private final HostEvent event;
    private final Optional<HostEvent> answer;
    private final int gsi;
    private volatile boolean programmed;
    private boolean closed;

    /// Takes ownership of an event.
    IrqfdVector(Descriptor vm, GsiRoutes routes, HostEvent event) {
        this.vm = vm;
        this.routes = routes;
        this.event = event;
        answer = Optional.of(event);
        try {
            gsi = routes.take();
        } catch (RuntimeException failure) {
            event.close();
            throw failure;
        }
        long result = MsiMessages.irqfd(vm, OpenDescriptor.of(event), gsi, 0, 0);
        if (result < 0) {
            routes.release(gsi);
            event.close();
            throw Errno.failure("cannot bind an event to interrupt %d [hypervisor kvm]".formatted(gsi), result);
        }
    }

    @Override
    public void program(long address, int data) {
        routes.route(gsi, address, data);
        programmed = true;
    }

    @Override
    public void raise() {
        if (programmed) {
            event.signal();
        }
    }

    @Override
    public Optional<HostEvent> event() {
        return answer;
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        programmed = false;
        MsiMessages.irqfd(vm, OpenDescriptor.of(event), gsi, KvmIrqfd.DEASSIGN, 0);
        routes.release(gsi);
        event.close();
    }
}
