package testudo.testing.tck;

import java.util.ArrayList;
import java.util.List;
import testudo.spi.VmmException;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices;
import testudo.spi.disk.DiskOpener;
import testudo.spi.irq.InterruptLine;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.platform.PlatformDeviceContext;
import testudo.spi.serial.SerialOpener;
import testudo.testing.driver.InlineLoop;
import testudo.testing.driver.MemoryHost;

/// What a device lives in during a test: a host in memory, a loop that the test runs, interrupt lines that remember their level, and
/// a list of what the device told the machine. For virtio, PCI and platform devices. One thread.
public final class TestContext implements PlatformDeviceContext {
    private static final MachineFacts FACTS = new MachineFacts("x86_64", 1, 64L << 20, 64L << 20, 0);

    private final MemoryHost host;
    private final InlineLoop loop = new InlineLoop();
    private final List<Event> events = new ArrayList<>();
    private final List<Line> lines = new ArrayList<>();
    private MachineFacts facts = FACTS;
    private List<String> bootOrder = List.of();
    private DiskOpener disks = request -> {
        throw new VmmException.Config("the test has no disk " + request);
    };
    private SerialOpener serials = (options, owner) -> {
        throw new VmmException.Config("the test has no serial port " + options);
    };

    /// What a device told the machine.
    /// @param what the kind
    /// @param detail its detail
    public record Event(MachineServices.MachineEvent what, int detail) {}

    /// An interrupt line that remembers.
    public static final class Line implements InterruptLine {
        private boolean high;
        private int edges;
        private Runnable acknowledged = () -> {};

        private Line() {}

        @Override
        public void set(boolean newLevel) {
            if (newLevel && !high) {
                edges++;
            }
            high = newLevel;
        }

        @Override
        public void onAcknowledge(Runnable newAcknowledged) {
            acknowledged = newAcknowledged;
        }

        /// The level.
        /// @return true when it is high
        public boolean isHigh() {
            return high;
        }

        /// How often it went from low to high.
        /// @return 0 or more
        public int edges() {
            return edges;
        }

        /// Acknowledges the interrupt as a guest does.
        public void acknowledge() {
            acknowledged.run();
        }
    }

    /// Makes a context whose randomness has the seed 1.
    public TestContext() {
        this(1);
    }

    /// Makes a context.
    /// @param seed of the host's randomness
    public TestContext(long seed) {
        host = new MemoryHost(seed);
    }

    /// Gives the device disks.
    /// @param opener opens them
    /// @return this
    public TestContext withDisks(DiskOpener opener) {
        disks = opener;
        return this;
    }

    /// Gives the device serial ports.
    /// @param opener opens them
    /// @return this
    public TestContext withSerials(SerialOpener opener) {
        serials = opener;
        return this;
    }

    /// Changes the machine's facts.
    /// @param newFacts replaces those of an x86_64 machine with one vCPU and 64 MiB
    /// @return this
    public TestContext withFacts(MachineFacts newFacts) {
        facts = newFacts;
        return this;
    }

    /// Changes the boot order.
    /// @param paths first choice first
    /// @return this
    public TestContext withBootOrder(List<String> paths) {
        bootOrder = List.copyOf(paths);
        return this;
    }

    @Override
    public String id() {
        return "device0";
    }

    @Override
    public MemoryHost host() {
        return host;
    }

    @Override
    public InlineLoop loop() {
        return loop;
    }

    @Override
    public MachineServices machine() {
        return new MachineServices() {
            @Override
            public void event(MachineEvent event, int detail) {
                events.add(new Event(event, detail));
            }

            @Override
            public List<String> bootOrder() {
                return bootOrder;
            }
        };
    }

    /// What the device told the machine so far.
    /// @return a copy, oldest first
    public List<Event> events() {
        return List.copyOf(events);
    }

    @Override
    public MachineFacts facts() {
        return facts;
    }

    @Override
    public DiskOpener disks() {
        return disks;
    }

    @Override
    public SerialOpener serials() {
        return serials;
    }

    /// Not there: what looks into guest memory is tested with a memory of its own.
    @Override
    public DeviceMemory memory() {
        throw new UnsupportedOperationException("the test has no guest memory");
    }

    @Override
    public Line line(int index) {
        while (lines.size() <= index) {
            lines.add(new Line());
        }
        return lines.get(index);
    }
}
