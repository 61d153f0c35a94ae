package testudo.plugin.virtio.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineFacts;
import testudo.spi.device.MachineServices;
import testudo.spi.disk.DiskOpener;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.Pollable;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.serial.SerialOpener;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.Virtqueue;

/// A device over a disk in memory, active, with one queue.
final class TestDisk implements DeviceContext, EventLoop, VirtioActivation, DeviceMemory {
    final RamImage image;
    final TestQueue queue;
    final Deque<Runnable> tasks = new ArrayDeque<>();
    final BlockDevice device;
    int configInterrupts;
    private final TestQueue disabled = new TestQueue(0);
    private final long features;

    TestDisk(RamImage image, BlockOptions options, long withoutFeatures) {
        this(image, options, withoutFeatures, 64);
    }

    TestDisk(RamImage image, BlockOptions options, long withoutFeatures, int queueSize) {
        this.image = image;
        queue = new TestQueue(queueSize);
        device = new BlockDevice(options, 0, image, this);
        features = device.traits().features() & ~withoutFeatures;
        device.activate(this);
    }

    TestDisk(int sizeBytes) {
        this(new RamImage(sizeBytes), options(false, Optional.of("serial-1")), 0);
    }

    static BlockOptions options(boolean readOnly, Optional<String> id) {
        return new BlockOptions(
                Path.of("disk"), readOnly, false, true, false, true, 512, id, false, BlockOptions.Executor.AUTO, false,
                Optional.empty(), Optional.empty(), false);
    }

    static byte[] request(int type, long sector, byte... data) {
        return ByteBuffer.allocate(16 + data.length).order(ByteOrder.LITTLE_ENDIAN).putInt(type).putInt(0).putLong(sector).put(data)
                .array();
    }

    static byte[] ranges(long... sectorCountFlags) {
        ByteBuffer bytes = ByteBuffer.allocate(sectorCountFlags.length / 3 * 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < sectorCountFlags.length; i += 3) {
            bytes.putLong(sectorCountFlags[i]).putInt((int) sectorCountFlags[i + 1]).putInt((int) sectorCountFlags[i + 2]);
        }
        return bytes.array();
    }

    TestQueue.Chain send(byte[] out, int inBytes, int... cuts) {
        byte[] in = new byte[inBytes];
        java.util.Arrays.fill(in, (byte) 0x55);
        TestQueue.Chain chain = queue.offer(new TestQueue.Chain(out, in, cuts));
        device.onKick(0);
        return chain;
    }

    @Override
    public String id() {
        return "block0";
    }

    @Override
    public HostPlatform host() {
        throw new UnsupportedOperationException();
    }

    @Override
    public EventLoop loop() {
        return this;
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
    public Watch watch(Pollable source, int interest, ReadyHandler handler) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /// Runs what waits for the loop, until nothing does.
    void runTasks() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public Virtqueue queue(int index) {
        return index == 0 ? queue : disabled;
    }

    @Override
    public DeviceMemory memory() {
        return this;
    }

    @Override
    public void raiseConfig() {
        configInterrupts++;
    }

    @Override
    public Cursor cursor() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void markDirty(long address, long lengthBytes) {}

    @Override
    public long discard(long address, long lengthBytes) {
        return 0;
    }
}
