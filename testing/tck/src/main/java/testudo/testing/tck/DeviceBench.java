package testudo.testing.tck;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import testudo.core.ring.QueueConfig;
import testudo.core.ring.RingQueue;
import testudo.core.virtio.Activation;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.spi.device.DeviceContext;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.Virtqueue;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;

/// A virtio device with its driver: the rings of the core on one side, [FakeDriver]s on the other. One thread.
public final class DeviceBench implements AutoCloseable {
    /// Where guest RAM starts.
    public static final long RAM_START = 0x10_0000;

    private static final long RAM_BYTES = 64L << 20;
    private static final int MAX_ROUNDS = 100_000;

    private final TestContext context;
    private final GuestRam ram;
    private final DeviceMemory memory;
    private final VirtioDevice device;
    private final VirtioTraits traits;
    private final List<FakeDriver> drivers = new ArrayList<>();
    private @Nullable RingQueue[] rings = {};
    private int[] interrupts = {};
    private int configInterrupts;
    private boolean needsReset;
    private boolean active;

    /// Makes a device and room for its queues.
    /// @param context what it lives in
    /// @param create makes it
    public DeviceBench(TestContext context, Function<? super DeviceContext, ? extends VirtioDevice> create) {
        this(context, RAM_BYTES, create);
    }

    /// Makes a device and less room, for tests that make thousands.
    /// @param context what it lives in
    /// @param ramBytes a multiple of 4 KiB
    /// @param create makes it
    public DeviceBench(TestContext context, long ramBytes, Function<? super DeviceContext, ? extends VirtioDevice> create) {
        this.context = context;
        ram = new GuestRam(RAM_START, ramBytes);
        memory = new GuestDeviceMemory(
                ram.memory(), (gpa, lengthBytes) -> ram.bytes().asSlice(gpa - RAM_START, lengthBytes).fill((byte) 0));
        device = create.apply(context);
        traits = device.traits();
        context.loop().afterEach(this::publish);
    }

    /// Negotiates every feature that the device offers and starts it with split rings of the largest size.
    /// @return this
    public DeviceBench start() {
        return start(traits.features(), Integer.MAX_VALUE);
    }

    /// Starts the device with fresh rings.
    /// @param features accepted features; `VIRTIO_F_RING_PACKED` chooses packed rings; those of version and rings are added
    /// @param maxQueueSize shrinks larger queues, a power of two
    /// @return this
    public DeviceBench start(long features, int maxQueueSize) {
        long agreed = features | VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC;
        int count = traits.queueSizes().size();
        drivers.clear();
        rings = new RingQueue[count];
        interrupts = new int[count];
        boolean packed = (features & VirtioFeature.RING_PACKED) != 0;
        List<Virtqueue> queues = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int size = Math.min(maxQueueSize, traits.queueSizes().get(i));
            FakeDriver driver = packed ? new PackedDriver(ram, size, true) : new SplitDriver(ram, size, true);
            RingQueue ring = RingQueue.create(
                    new QueueConfig(i, size, driver.descriptors(), driver.driverArea(), driver.deviceArea(), agreed),
                    memory);
            drivers.add(driver);
            rings[i] = ring;
            queues.add(ring);
        }
        needsReset = false;
        active = true;
        guarded(() -> device.activate(new Activation(agreed, queues, memory, () -> configInterrupts++)));
        for (int i = 0; i < count; i++) {
            kick(i);
        }
        return this;
    }

    /// The device under test.
    /// @return the device
    public VirtioDevice device() {
        return device;
    }

    /// What it lives in.
    /// @return the context
    public TestContext context() {
        return context;
    }

    /// Guest RAM.
    /// @return the region that rings and buffers are in
    public GuestRam ram() {
        return ram;
    }

    /// The driver's side of a queue.
    /// @param queue its index
    /// @return the driver
    public FakeDriver driver(int queue) {
        return drivers.get(queue);
    }

    /// Notifies the device of a queue, and publishes what it completes at once.
    /// @param queue its index
    public void kick(int queue) {
        if (!needsReset && active) {
            try {
                device.onKick(queue);
                publish();
            } catch (QueueFault _) {
                fault();
            }
        }
    }

    /// Runs the device's loop until nothing is ready.
    public void run() {
        guarded(() -> context.loop().runUntilIdle(MAX_ROUNDS));
    }

    /// How many interrupts a queue has asked for since it was started.
    /// @param queue its index
    /// @return 0 or more
    public int interrupts(int queue) {
        return interrupts[queue];
    }

    /// How many configuration interrupts there were.
    /// @return 0 or more
    public int configInterrupts() {
        return configInterrupts;
    }

    /// Whether the device was stopped since its driver broke a ring.
    /// @return true until [#reset()]
    public boolean needsReset() {
        return needsReset;
    }

    /// Stops taking chains and finishes those under way.
    public void quiesce() {
        guarded(device::quiesce);
    }

    /// Resets the device as a driver does.
    public void reset() {
        if (active) {
            guarded(device::quiesce);
            device.reset();
        }
        active = false;
        needsReset = false;
        rings = new RingQueue[0];
    }

    @Override
    public void close() {
        if (active) {
            guarded(device::quiesce);
        }
        device.close();
        ram.close();
    }

    private void guarded(Runnable call) {
        try {
            call.run();
            publish();
        } catch (QueueFault _) {
            fault();
        }
    }

    private void fault() {
        needsReset = true;
        configInterrupts++;
    }

    private void publish() {
        for (int i = 0; i < rings.length; i++) {
            RingQueue ring = rings[i];
            if (ring != null && !needsReset && ring.publish()) {
                interrupts[i]++;
            }
        }
    }
}
