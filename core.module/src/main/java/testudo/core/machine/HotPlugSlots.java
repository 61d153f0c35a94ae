package testudo.core.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.pci.PciRoot;
import testudo.core.pci.RootPort;
import testudo.core.virtio.VirtioHost;
import testudo.core.virtio.VirtioPciFunction;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.pci.PciAddress;

/// The slots behind a machine's root ports, and what was plugged into them while the guest runs. On the machine's loop.
final class HotPlugSlots implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HotPlugSlots.class);

    private final PciRoot root;
    private final EventLoop loop;
    private final List<Slot> slots = new ArrayList<>();

    /// @param root where devices are found
    /// @param loop the machine's
    HotPlugSlots(PciRoot root, EventLoop loop) {
        this.root = root;
        this.loop = loop;
    }

    /// A device in a slot.
    /// @param life the device
    /// @param function what the guest finds
    record Plugged(VirtioHost life, VirtioPciFunction function) {
        void close() {
            function.unbind();
            life.close();
            function.close();
        }
    }

    /// Adds an empty slot. Before the guest runs.
    void add(RootPort port) {
        Slot slot = new Slot(port);
        slots.add(slot);
        port.onRelease(() -> loop.execute(slot::takeOut));
    }

    /// Makes a device for a free slot and plugs it in.
    /// @param maker makes it, for an address
    /// @return the number of its bus
    int plug(Function<PciAddress, Plugged> maker) {
        Slot free = slots.stream().filter(slot -> slot.isFree() && slots.stream().noneMatch(other -> other.isAt(slot.port.busNow())))
                .findFirst().orElseThrow(() -> new VmmException.Config(
                        "no slot is free: all %d are taken; --pci-hotplug-slots makes more".formatted(slots.size())));
        PciAddress address = new PciAddress(free.port.busNow(), 0, 0); // read once: the guest may change it
        free.put(address, maker.apply(address));
        LOG.info("{}: plugged in at {}", free.name(), address);
        return address.bus();
    }

    /// Asks the guest to give a device up.
    CompletionStage<Void> unplug(long bus) {
        Slot slot = slots.stream().filter(candidate -> candidate.isAt(bus)).findFirst().orElseThrow(
                () -> new VmmException.Config("no device was plugged in at bus %d".formatted(bus)));
        return slot.ask();
    }

    @Override
    public void close() {
        slots.forEach(Slot::close);
    }

    /// One slot.
    private final class Slot {
        private final RootPort port;
        private @Nullable PciAddress address;
        private @Nullable Plugged plugged;
        private @Nullable CompletableFuture<Void> removal;

        Slot(RootPort port) {
            this.port = port;
        }

        boolean isFree() {
            return plugged == null && port.busNow() != 0;
        }

        boolean isAt(long bus) {
            return address != null && address.bus() == bus;
        }

        String name() {
            return plugged == null ? port.id() : plugged.life().id();
        }

        void put(PciAddress where, Plugged device) {
            try {
                root.plug(where, device.function());
            } catch (IllegalArgumentException taken) { // by the numbers that the guest has given its buses
                device.close();
                throw new VmmException.Config("%s: the guest has something else at %s".formatted(port.id(), where));
            }
            address = where;
            plugged = device;
            port.plug();
        }

        CompletionStage<Void> ask() {
            if (removal != null) {
                throw new VmmException.Config("%s: the guest was asked to give it up already".formatted(name()));
            }
            removal = new CompletableFuture<>();
            port.pressButton();
            return removal;
        }

        /// The guest has given the device up, whether it was asked to or not.
        void takeOut() {
            PciAddress where = address;
            Plugged device = plugged;
            if (where == null || device == null) {
                return; // said twice
            }
            LOG.info("{}: taken out of {}", name(), where);
            root.unplug(where);
            device.close();
            address = null;
            plugged = null;
            port.unplug();
            if (removal != null) {
                removal.complete(null);
                removal = null;
            }
        }

        void close() {
            if (plugged != null) {
                plugged.close();
                plugged = null;
            }
        }
    }
}
