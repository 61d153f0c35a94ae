package testudo.testing.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.DeviceProvider;
import testudo.spi.device.DeviceSpec;
import testudo.spi.device.EnumerationRank;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.host.HostEvent;
import testudo.spi.host.Poller;
import testudo.spi.irq.Trigger;
import testudo.spi.option.Configuration;
import testudo.spi.option.OptionDeclaration;
import testudo.spi.pci.PciDevice;
import testudo.spi.pci.PciTraits;
import testudo.spi.platform.PlatformDevice;
import testudo.spi.platform.Resource;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;

/// One device of each contract that notes what the core does to it, and fails where it is told to.
final class ProbeDevices implements DeviceProvider {
    /// The contracts, in the order in which the core makes their devices.
    enum Kind {
        PLATFORM, VIRTIO, PCI
    }

    private final List<Kind> made = Collections.synchronizedList(new ArrayList<>());
    private final List<Kind> closed = Collections.synchronizedList(new ArrayList<>());
    private final List<String> mistakes = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger handled = new AtomicInteger();
    private String id = "probe";
    private @Nullable Kind failing;
    private RuntimeException failure = new IllegalStateException("unused");
    private @Nullable Kind failingToClose;
    private @Nullable Kind failingInHandler;
    private @Nullable Kind busy;

    ProbeDevices called(String name) {
        id = name;
        return this;
    }

    ProbeDevices failing(Kind kind, RuntimeException with) {
        failing = kind;
        failure = with;
        return this;
    }

    ProbeDevices failingToClose(Kind kind) {
        failingToClose = kind;
        return this;
    }

    ProbeDevices failingInHandler(Kind kind) {
        failingInHandler = kind;
        return this;
    }

    /// One kind watches an event that is always signalled.
    ProbeDevices busy(Kind kind) {
        busy = kind;
        return this;
    }

    List<Kind> made() {
        return List.copyOf(made);
    }

    /// In the order of [#made()], newest first where the core keeps its word.
    List<Kind> closed() {
        return List.copyOf(closed).reversed();
    }

    List<String> mistakes() {
        return List.copyOf(mistakes);
    }

    int handled() {
        return handled.get();
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String summary() {
        return "probes";
    }

    @Override
    public List<OptionDeclaration<?>> options() {
        return List.of();
    }

    @Override
    public List<DeviceSpec> devices(Configuration configuration, MachineFacts facts) {
        return List.of(
                new DeviceSpec.Virtio(
                        "probe-virtio", EnumerationRank.LAST, Optional.empty(), OptionalInt.empty(), List.of(), VirtioProbe::new),
                new DeviceSpec.Pci("probe-pci", EnumerationRank.LAST, Optional.empty(), List.of(), PciProbe::new),
                new DeviceSpec.Platform(
                        "probe-platform",
                        List.of(new Resource.Ports(0x700, 4), new Resource.Irq(7, Trigger.EDGE)),
                        Optional.empty(),
                        List.of(),
                        PlatformProbe::new));
    }

    /// What all probes have in common.
    private abstract class Probe implements AutoCloseable {
        private final Kind kind;
        private final EventLoop loop;
        private final @Nullable HostEvent event;
        private EventLoop.@Nullable Watch watch;
        private boolean whole;
        private boolean isClosed;

        private Probe(Kind kind, DeviceContext context) {
            this.kind = kind;
            loop = context.loop();
            if (failing == kind) {
                event = null;
                throw failure;
            }
            boolean watches = busy == kind || failingInHandler == kind;
            event = watches ? context.host().events().newEvent() : null;
            if (event != null) {
                event.signal();
                watch = loop.watch(event, Poller.READABLE, ready -> handle());
                for (int i = 0; i < 10_000; i++) {
                    Thread.onSpinWait(); // time for a loop that does not wait
                }
            }
            made.add(kind);
            whole = true;
        }

        private void handle() {
            if (!whole || isClosed) {
                mistakes.add("%s: handled while %s".formatted(kind, isClosed ? "closed" : "being made"));
            }
            if (!loop.isCurrent()) {
                mistakes.add("%s: handled on %s".formatted(kind, Thread.currentThread().getName()));
            }
            handled.incrementAndGet();
            if (failingInHandler == kind) {
                throw new IllegalStateException("on purpose");
            }
        }

        @Override
        public void close() {
            if (isClosed) {
                mistakes.add("%s: closed twice".formatted(kind));
            }
            isClosed = true;
            closed.add(kind);
            EventLoop.Watch last = watch;
            if (last != null && event != null) {
                last.cancel();
                event.close();
            }
            if (failingToClose == kind) {
                throw new IllegalStateException("on purpose");
            }
        }

        EventLoop loop() {
            return loop;
        }

        void mistake(String what) {
            mistakes.add(what);
        }
    }

    private final class VirtioProbe extends Probe implements VirtioDevice {
        private VirtioProbe(DeviceContext context) {
            super(Kind.VIRTIO, context);
        }

        @Override
        public VirtioTraits traits() {
            return new VirtioTraits(63, "probe", 0, List.of(16), 0, 0xFF00, 1, false);
        }

        @Override
        public long readConfig(int offset, int sizeBytes) {
            return 0;
        }

        @Override
        public void activate(VirtioActivation activation) {}

        @Override
        public void onKick(int queue) {}

        @Override
        public void quiesce() {
            mistake("quiesced without having been activated");
        }

        @Override
        public void reset() {
            mistake("reset without having been activated");
        }

        @Override
        public void close() {
            if (!loop().isCurrent()) {
                mistake("closed on " + Thread.currentThread().getName());
            }
            super.close();
        }
    }

    private final class PciProbe extends Probe implements PciDevice {
        private PciProbe(DeviceContext context) {
            super(Kind.PCI, context);
        }

        @Override
        public PciTraits traits() {
            return new PciTraits(0x1B36, 0x7777, 0, 0xFF0000, 0, 0, List.of(), false);
        }

        @Override
        public long read(int bar, long offset, int sizeBytes) {
            return -1;
        }

        @Override
        public void write(int bar, long offset, int sizeBytes, long value) {}

        @Override
        public void reset() {}
    }

    private final class PlatformProbe extends Probe implements PlatformDevice {
        private PlatformProbe(DeviceContext context) {
            super(Kind.PLATFORM, context);
        }

        @Override
        public long read(int resource, long offset, int sizeBytes) {
            return -1;
        }

        @Override
        public void write(int resource, long offset, int sizeBytes, long value) {}

        @Override
        public void reset() {}
    }
}
