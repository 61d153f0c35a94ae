package testudo.plugin.virtio.block;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.disk.DiskImage;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;
import testudo.spi.virtio.Virtqueue;

/// A disk (VIRTIO 1.3, 5.2 "Block Device").
final class BlockDevice implements VirtioDevice, CommandTarget, Snapshottable {
    static final int QUEUES = 16;
    static final int QUEUE_SIZE = 256;
    static final long SEG_MAX = 1L << 2;
    static final long RO = 1L << 5;
    static final long BLK_SIZE = 1L << 6;
    static final long FLUSH = 1L << 9;
    static final long MQ = 1L << 12;
    static final long DISCARD = 1L << 13;
    static final long WRITE_ZEROES = 1L << 14;
    private static final Logger LOG = LoggerFactory.getLogger(BlockDevice.class);
    private static final int STATE_VERSION = 1;
    static final VirtioType TYPE = new VirtioType("block", 2, 0x0180, 1);
    private static final int SECTOR_BYTES = BlockRequest.SECTOR_BYTES;
    private static final long EINVAL = 22;
    private static final long EROFS = 30;

    private final String name;
    private final int index;
    private final BlockOptions options;
    private final DiskImage image;
    private final DeviceContext context;
    private final VirtioTraits traits;
    private final BlockConfig config;
    private final @Nullable BlockQueue[] queues = new BlockQueue[QUEUES];
    private @Nullable VirtioActivation activation;
    /// Written by the device's loop, read by the loops of all queues.
    private volatile long capacitySectors;
    private long withoutStatus;

    BlockDevice(BlockOptions options, int index, DiskImage image, DeviceContext context) {
        this.options = options;
        this.index = index;
        this.image = image;
        this.context = context;
        name = context.id();
        if (image.alignmentBytes() > options.blockSize()) {
            throw new VmmException.Config("direct I/O on %s needs blocks of %d bytes, not %d [%s]; add block-size=%d"
                    .formatted(options.path(), image.alignmentBytes(), options.blockSize(), name, image.alignmentBytes()));
        }
        if (options.dontcache()) {
            LOG.info("{}: dontcache has no effect on this host; the page cache is used as usual", name);
        }
        traits = new VirtioTraits(
                TYPE.typeId(), TYPE.name(), features(options, image), Collections.nCopies(QUEUES, QUEUE_SIZE), BlockConfig.SIZE_BYTES,
                TYPE.pciClass(), options.multipleWorkers() ? QUEUES : 1, options.packedQueue());
        // Two descriptors of a chain are the header's and the status's.
        config = new BlockConfig(options.blockSize(), QUEUE_SIZE - 2, QUEUES);
        capacity(image.sizeBytes());
    }

    private static long features(BlockOptions options, DiskImage image) {
        long features = SEG_MAX | BLK_SIZE | MQ;
        if (options.ro()) {
            return features | RO;
        }
        return features | FLUSH | WRITE_ZEROES | (options.sparse() && image.sparse() ? DISCARD : 0);
    }

    @Override
    public VirtioTraits traits() {
        return traits;
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        return config.read(offset, sizeBytes);
    }

    @Override
    public void activate(VirtioActivation with) {
        // After quiescing alone, without a reset, the queues of before are still there.
        releaseQueues();
        activation = with;
        BlockQueue.Rules rules = rules(with.features());
        for (int i = 0; i < QUEUES; i++) {
            Virtqueue queue = with.queue(i);
            if (queue.enabled()) {
                queues[i] = new BlockQueue(queue, with.memory(), context.loop(i), image, rules);
            }
        }
    }

    private BlockQueue.Rules rules(long features) {
        return new BlockQueue.Rules(
                new BlockRequest.Limits(
                        options.ro(), (features & DISCARD) != 0, (features & WRITE_ZEROES) != 0, options.id().isPresent(),
                        image.alignmentBytes()),
                !options.ro() && (features & FLUSH) == 0,
                options.id(),
                () -> capacitySectors);
    }

    @Override
    public void onKick(int queue) {
        BlockQueue served = queues[queue];
        if (served != null) {
            served.serve();
        }
    }

    @Override
    public void quiesce() {
        onEachQueue(BlockQueue::quiesce);
    }

    @Override
    public void reset() {
        releaseQueues();
        activation = null;
    }

    private void releaseQueues() {
        onEachQueue(BlockQueue::close);
        for (int i = 0; i < QUEUES; i++) {
            BlockQueue queue = queues[i];
            if (queue != null && queue.withoutStatus() > 0 && withoutStatus == 0) {
                LOG.warn("{}: the driver sent requests without room for a status; guest driver fault", name);
            }
            withoutStatus += queue == null ? 0 : queue.withoutStatus();
            queues[i] = null;
        }
    }

    /// The capacity, so that a disk is not taken for another one. What was written is the image's; nothing is under way.
    @Override
    public byte[] saveState() {
        return new StateWriter(STATE_VERSION).putLong(capacitySectors).toBytes();
    }

    @Override
    public void restoreState(byte[] state) {
        StateReader reader = new StateReader(name, state, STATE_VERSION);
        long sectors = reader.getLong();
        reader.end();
        if (sectors != capacitySectors) {
            throw new VmmException.Config("%s: %s has %d sectors, but the saved disk had %d; give it the disk that it was saved with"
                    .formatted(name, options.path(), capacitySectors, sectors));
        }
    }

    @Override
    public void close() {
        quiesce();
        reset();
        image.close();
    }

    /// Does something to each queue on the thread that owns it, and waits.
    private void onEachQueue(Consumer<BlockQueue> action) {
        List<CompletableFuture<Void>> elsewhere = new ArrayList<>();
        for (BlockQueue queue : queues) {
            if (queue != null) {
                EventLoop loop = queue.loop();
                if (traits.loops() == 1 || loop.isCurrent()) {
                    action.accept(queue);
                } else {
                    elsewhere.add(CompletableFuture.runAsync(() -> action.accept(queue), loop::execute));
                }
            }
        }
        elsewhere.forEach(CompletableFuture::join);
    }

    @Override
    public boolean accepts(String tag, Object body) {
        return ResizeCommand.isFor(index, tag, body);
    }

    @Override
    public CompletionStage<Object> execute(String tag, Object body) {
        OptionalLong size = ResizeCommand.newSize(body);
        Object response = size.isEmpty() ? Map.of("Err", EINVAL) : resize(size.getAsLong());
        return CompletableFuture.completedStage(response);
    }

    private Object resize(long sizeBytes) {
        if (options.ro()) {
            return Map.of("Err", EROFS);
        }
        long before = image.sizeBytes();
        if (sizeBytes < before) {
            // From now on no request reaches behind the new end; those that did are waited for, or they would make the file longer again.
            capacity(sizeBytes);
            onEachQueue(BlockQueue::drain);
        }
        int result = image.resize(sizeBytes);
        capacity(image.sizeBytes());
        if (result != 0) {
            return Map.of("Err", (long) -result);
        }
        LOG.info("{}: resized from {} to {} bytes", name, before, sizeBytes);
        if (activation != null) {
            activation.raiseConfig();
        }
        return "Ok";
    }

    private void capacity(long sizeBytes) {
        capacitySectors = sizeBytes / options.blockSize() * (options.blockSize() / SECTOR_BYTES);
        config.capacity(capacitySectors);
    }
}
