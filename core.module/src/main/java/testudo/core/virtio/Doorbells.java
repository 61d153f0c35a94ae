package testudo.core.virtio;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.hypervisor.IoEvents;

/// The notifications of a device's queues that the hypervisor turns into events. Those that it can't take over work all the same: they are
/// exits. One thread at a time.
final class Doorbells {
    private static final Logger LOG = LoggerFactory.getLogger(Doorbells.class);

    private final VirtioHost host;
    private final @Nullable IoEvents events;
    private final List<Runnable> bound = new ArrayList<>();
    private boolean exitsReported;

    /// @param events of the hypervisor; null when it has none
    Doorbells(VirtioHost host, @Nullable IoEvents events) {
        this.host = host;
        this.events = events;
    }

    /// Binds every queue to an address of its own, whatever is written there.
    /// @param gpa of the first one
    /// @param stride bytes from one to the next
    void byAddress(long gpa, long stride) {
        bindAll((taker, queue) -> {
            long address = gpa + stride * queue;
            taker.bind(address, host.kick(queue));
            return () -> taker.unbind(address, host.kick(queue));
        });
    }

    /// Binds every queue to its number, written as 32 bits to an address that all of them share.
    /// @param gpa the address
    void byValue(long gpa) {
        bindAll((taker, queue) -> {
            taker.bind(gpa, queue, host.kick(queue));
            return () -> taker.unbind(gpa, queue, host.kick(queue));
        });
    }

    /// Binds one queue, and says how to undo that.
    private interface Binding {
        Runnable bind(IoEvents taker, int queue);
    }

    private void bindAll(Binding binding) {
        if (events == null) {
            return;
        }
        try {
            for (int queue = 0; queue < host.traits().queueSizes().size(); queue++) {
                bound.add(binding.bind(events, queue));
            }
        } catch (VmmException.Host failure) {
            if (!exitsReported) {
                exitsReported = true;
                LOG.warn("{}: notifications take the slow path: {}", host.id(), failure.getMessage());
            }
        }
    }

    /// Takes all of them back. Idempotent.
    void release() {
        bound.forEach(Runnable::run);
        bound.clear();
    }
}
