package testudo.plugin.virtio.block;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import testudo.core.ring.QueueConfig;
import testudo.core.ring.RingQueue;
import testudo.core.virtio.DeviceThreads;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.platform.linux.LinuxPlatform;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskOpener;
import testudo.spi.host.HostPlatform;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.serial.SerialOpener;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.Virtqueue;
import testudo.testing.driver.FakeDriver;
import testudo.testing.driver.GuestRam;
import testudo.testing.driver.PackedDriver;
import testudo.testing.driver.SplitDriver;

/// A disk that lives as in a machine: on event loops of its own over the real host, with the rings of the core. The test is its driver.
final class LiveDisk implements DeviceContext, VirtioActivation, DeviceThreads.Hook, AutoCloseable {
    /// How many requests a queue can have under way here.
    static final int SLOTS = 8;
    /// The most that goes in one direction with one request.
    static final int SLOT_BYTES = 64 * 1024 + 1024;
    private static final long RAM_START = 0x10_0000;
    private static final long RAM_BYTES = 32 << 20;
    /// Only for tests that fail.
    private static final long LIMIT_SECONDS = 60;
    private static final int NO_SLOT = -1;

    private final HostPlatform host = new LinuxPlatform();
    private final GuestRam ram = new GuestRam(RAM_START, RAM_BYTES);
    private final DeviceMemory memory = new GuestDeviceMemory(ram.memory(), (gpa, lengthBytes) -> {});
    private final DeviceThreads threads = new DeviceThreads("disk", host);
    private final boolean packed;
    private final long features;
    private final long[] areas = new long[BlockDevice.QUEUES];
    private final Sent[][] sent = new Sent[BlockDevice.QUEUES][];
    private final List<FakeDriver> drivers = new ArrayList<>();
    private final List<RingQueue> rings = new ArrayList<>();
    private final Object progress = new Object();
    private volatile @Nullable Throwable failure;
    final BlockDevice device;

    /// A request under way.
    private record Sent(int chain, int slot, int inBytes) {}

    /// An answered request.
    /// @param slot what [#send] gave back
    /// @param in the bytes that the device could write; the last is the status
    record Answer(int slot, byte[] in) {
        int status() {
            return in[in.length - 1];
        }
    }

    /// Opens a disk and starts it.
    /// @param options what disk
    /// @param open opens its image
    /// @param packed whether the rings are packed
    LiveDisk(BlockOptions options, Function<HostPlatform, DiskImage> open, boolean packed) {
        this.packed = packed;
        device = new BlockDevice(options, 0, open.apply(host), this);
        features = device.traits().features() | VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC
                | (packed ? VirtioFeature.RING_PACKED : 0);
        for (int i = 0; i < areas.length; i++) {
            areas[i] = ram.allocate(2L * SLOTS * SLOT_BYTES, 4096);
        }
        threads.attach(this, device.traits().loops());
        start();
    }

    /// Activates the device with new rings.
    void start() {
        drivers.clear();
        rings.clear();
        for (int i = 0; i < BlockDevice.QUEUES; i++) {
            sent[i] = new Sent[SLOTS];
            FakeDriver driver = packed
                    ? new PackedDriver(ram, BlockDevice.QUEUE_SIZE, true)
                    : new SplitDriver(ram, BlockDevice.QUEUE_SIZE, true);
            drivers.add(driver);
            rings.add(RingQueue.create(
                    new QueueConfig(
                            i, BlockDevice.QUEUE_SIZE, driver.descriptors(), driver.driverArea(), driver.deviceArea(), features),
                    memory));
        }
        onLoop(() -> device.activate(this));
    }

    void reset() {
        onLoop(() -> {
            device.quiesce();
            device.reset();
        });
    }

    void quiesce() {
        onLoop(device::quiesce);
    }

    private void onLoop(Runnable action) {
        CompletableFuture.runAsync(action, threads.loop(0)::execute).orTimeout(LIMIT_SECONDS, TimeUnit.SECONDS).join();
    }

    /// Sends a request without waiting. At most [#SLOTS] of a queue are under way.
    /// @param out header and data for the device
    /// @param inBytes room for the device, with the status
    /// @param cut where both directions are cut in two, at most
    /// @param indirect whether the buffers are named in a table
    /// @return the slot that it takes
    int send(int queue, byte[] out, int inBytes, int cut, boolean indirect) {
        int slot = freeSlot(queue);
        long outAt = areas[queue] + 2L * slot * SLOT_BYTES;
        long inAt = outAt + SLOT_BYTES;
        MemorySegment.copy(out, 0, ram.bytes(), ValueLayout.JAVA_BYTE, outAt - RAM_START, out.length);
        FakeDriver driver = drivers.get(queue);
        driver.begin();
        int outCut = Math.min(cut, out.length);
        driver.readable(outAt, outCut);
        driver.readable(outAt + outCut, out.length - outCut);
        int inCut = Math.min(cut, inBytes);
        driver.writable(inAt, inCut);
        driver.writable(inAt + inCut, inBytes - inCut);
        // A slot's last bytes are a table's.
        int chain = indirect ? driver.offerIndirect(inAt + SLOT_BYTES - 256) : driver.offer();
        sent[queue][slot] = new Sent(chain, slot, inBytes);
        if (driver.kickDue()) {
            loop(queue).execute(() -> device.onKick(queue));
        }
        return slot;
    }

    private int freeSlot(int queue) {
        for (int slot = 0; slot < SLOTS; slot++) {
            if (sent[queue][slot] == null) {
                return slot;
            }
        }
        throw new IllegalStateException("more requests than slots");
    }

    /// Waits for the next answer on a queue.
    Answer answer(int queue) {
        int chain = waitForUsed(drivers.get(queue));
        for (int slot = 0; slot < SLOTS; slot++) {
            Sent request = sent[queue][slot];
            if (request != null && request.chain() == chain) {
                sent[queue][slot] = null;
                long at = areas[queue] + (2L * slot + 1) * SLOT_BYTES - RAM_START;
                return new Answer(slot, ram.bytes().asSlice(at, request.inBytes()).toArray(ValueLayout.JAVA_BYTE));
            }
        }
        throw new AssertionError("the device used chain " + chain + ", which is not under way");
    }

    /// Sends a request on the first queue and waits for its answer.
    Answer call(byte[] out, int inBytes) {
        send(0, out, inBytes, out.length, false);
        return answer(0);
    }

    private int waitForUsed(FakeDriver driver) {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        synchronized (progress) {
            for (int chain = driver.poll();; chain = driver.poll()) {
                if (failure != null) {
                    throw new AssertionError("the device threw", failure);
                }
                if (chain != NO_SLOT) {
                    return chain;
                }
                long left = limit - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError("no answer");
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(progress, left);
                } catch (InterruptedException e) {
                    throw new AssertionError("interrupted while waiting for an answer", e);
                }
            }
        }
    }

    @Override
    public void after(int loop) {
        for (int i = loop; i < rings.size(); i += threads.count()) {
            rings.get(i).publish();
        }
        synchronized (progress) {
            progress.notifyAll();
        }
    }

    @Override
    public void failed(int loop, Throwable what) {
        failure = what;
        synchronized (progress) {
            progress.notifyAll();
        }
    }

    @Override
    public void close() {
        onLoop(device::close);
        threads.close();
        ram.close();
    }

    @Override
    public String id() {
        return "block0";
    }

    @Override
    public HostPlatform host() {
        return host;
    }

    @Override
    public EventLoop loop() {
        return threads.loop(0);
    }

    @Override
    public EventLoop loop(int queue) {
        return threads.loop(queue % threads.count());
    }

    @Override
    public MachineServices machine() {
        throw new UnsupportedOperationException();
    }

    @Override
    public MachineFacts facts() {
        throw new UnsupportedOperationException();
    }

    @Override
    public DiskOpener disks() {
        throw new UnsupportedOperationException();
    }

    @Override
    public SerialOpener serials() {
        throw new UnsupportedOperationException();
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public Virtqueue queue(int index) {
        return rings.get(index);
    }

    @Override
    public DeviceMemory memory() {
        return memory;
    }

    @Override
    public void raiseConfig() {
        throw new UnsupportedOperationException();
    }
}
