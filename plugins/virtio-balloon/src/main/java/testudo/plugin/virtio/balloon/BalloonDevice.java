package testudo.plugin.virtio.balloon;

import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.DeviceContext;
import testudo.spi.device.EventLoop;
import testudo.spi.device.Snapshottable;
import testudo.spi.device.StateReader;
import testudo.spi.device.StateWriter;
import testudo.spi.memory.BufferList;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioActivation;
import testudo.spi.virtio.VirtioDevice;
import testudo.spi.virtio.VirtioFeature;
import testudo.spi.virtio.VirtioTraits;
import testudo.spi.virtio.VirtioType;
import testudo.spi.virtio.Virtqueue;

/// The balloon (VIRTIO 1.3, 5.5 "Traditional Memory Balloon Device").
final class BalloonDevice implements VirtioDevice, CommandTarget, Snapshottable {
    static final long MUST_TELL_HOST = 1L;
    static final long STATS_VQ = 1L << 1;
    static final long DEFLATE_ON_OOM = 1L << 2;
    static final long PAGE_REPORTING = 1L << 5;
    static final int INFLATE = 0;
    static final int DEFLATE = 1;
    static final int STATS = 2;
    static final int REPORTING = 3;
    private static final int STATE_VERSION = 1;
    static final VirtioType TYPE = new VirtioType("balloon", 5, 0x0880, 2);
    private static final int QUEUE_SIZE = 128;
    private static final int CONFIG_BYTES = 16;
    private static final int ACTUAL_OFFSET = 4;
    private static final long EINVAL = 22;

    private final VirtioTraits traits;
    private final long memoryBytes;
    private final PageRuns runs;
    private final DescriptorChain chain = new DescriptorChain();
    private DescriptorChain statsChain = new DescriptorChain();
    private DescriptorChain spareStatsChain = new DescriptorChain();
    private final BalloonStats stats = new BalloonStats();
    private final WaitingCommands waiting;
    private final EventLoop.Turn[] turns;
    private @Nullable VirtioActivation activation;
    /// Whether the device has a statistics buffer of the driver.
    private boolean statsHeld;
    /// Whether the driver has got it back to fill it anew.
    private boolean statsAsked;
    private int targetPages;
    private int actualPages;

    BalloonDevice(boolean reporting, long initialBytes, long memoryBytes, DeviceContext context) {
        this.memoryBytes = memoryBytes;
        EventLoop loop = context.loop();
        runs = new PageRuns(context.host().memory().pageSizeBytes());
        waiting = new WaitingCommands(context.host().events(), loop);
        targetPages = pages(initialBytes);
        int queues = reporting ? REPORTING + 1 : REPORTING;
        long features = VirtioFeature.IN_ORDER | MUST_TELL_HOST | STATS_VQ | DEFLATE_ON_OOM | (reporting ? PAGE_REPORTING : 0);
        traits = new VirtioTraits(
                TYPE.typeId(), TYPE.name(), features, Collections.nCopies(queues, QUEUE_SIZE), CONFIG_BYTES, TYPE.pciClass(), 1, false);
        turns = new EventLoop.Turn[queues];
        for (int i = 0; i < queues; i++) {
            int index = i;
            turns[i] = loop.turn(() -> onKick(index));
        }
    }

    private int pages(long bytes) {
        return (int) Math.min(Math.min(bytes, memoryBytes) >> PageRuns.PAGE_SHIFT, Integer.MAX_VALUE);
    }

    @Override
    public VirtioTraits traits() {
        return traits;
    }

    @Override
    public long readConfig(int offset, int sizeBytes) {
        // num_pages, actual, free_page_hint_cmd_id and poison_val; the last two belong to features that are not offered.
        long low = Integer.toUnsignedLong(targetPages) | (long) actualPages << Integer.SIZE;
        long value = offset < Long.BYTES ? low >>> (offset * Byte.SIZE) : 0;
        return sizeBytes == Long.BYTES ? value : value & ((1L << (sizeBytes * Byte.SIZE)) - 1);
    }

    @Override
    public void writeConfig(int offset, int sizeBytes, long value) {
        // The driver sets `actual` as a whole; nothing else is writable.
        if (offset == ACTUAL_OFFSET && sizeBytes == Integer.BYTES) {
            actualPages = (int) value;
            waiting.sizeReached(actualPages == targetPages);
        }
    }

    @Override
    public void activate(VirtioActivation with) {
        activation = with;
    }

    @Override
    public void onKick(int index) {
        VirtioActivation active = activation;
        if (active == null || !active.queue(index).enabled()) {
            return;
        }
        Virtqueue queue = active.queue(index);
        if (index == STATS) {
            takeStats(queue);
            return;
        }
        for (int served = 0; served < queue.size(); served++) {
            if (!queue.next(chain)) {
                return;
            }
            switch (index) {
                case INFLATE -> runs.discard(chain.readable(), active.memory());
                case REPORTING -> giveBack(chain.writable(), active.memory());
                default -> {
                    // Deflation: the host gives pages on the first touch.
                }
            }
            queue.complete(chain, 0);
        }
        turns[index].again();
    }

    /// Free pages that the guest reports (VIRTIO 1.3, 5.5.6.7 "Free Page Reporting"): the buffers themselves.
    private void giveBack(BufferList pages, DeviceMemory memory) {
        for (int i = 0; i < pages.count(); i++) {
            runs.discardRange(pages.address(i), pages.lengthBytes(i), memory);
        }
    }

    /// The device keeps one buffer, and gives it back when it wants new statistics in it.
    private void takeStats(Virtqueue queue) {
        for (int served = 0; served < queue.size(); served++) {
            if (!queue.next(spareStatsChain)) {
                return;
            }
            if (statsHeld) {
                // The driver has one buffer too many. Buffers go back in the order in which they came.
                queue.complete(statsChain, 0);
            }
            DescriptorChain newest = spareStatsChain;
            spareStatsChain = statsChain;
            statsChain = newest;
            statsHeld = true;
            stats.read(statsChain.readable());
            if (statsAsked) {
                statsAsked = false;
                waiting.statistics(stats.response(actualBytes()));
            } else if (waiting.wantsStatistics()) {
                askForStats(queue);
            }
        }
        turns[STATS].again();
    }

    private void askForStats(Virtqueue queue) {
        if (statsHeld && !statsAsked) {
            statsHeld = false;
            statsAsked = true;
            queue.complete(statsChain, 0);
        }
    }

    private long actualBytes() {
        return Integer.toUnsignedLong(actualPages) << PageRuns.PAGE_SHIFT;
    }

    @Override
    public void quiesce() {
        if (activation != null && statsHeld) {
            statsHeld = false;
            activation.queue(STATS).complete(statsChain, 0);
        }
        activation = null;
        waiting.failAll();
    }

    @Override
    public void reset() {
        activation = null;
        statsHeld = false;
        statsAsked = false;
        statsChain.clear();
        actualPages = 0;
        waiting.failAll();
    }

    @Override
    public byte[] saveState() {
        return new StateWriter(STATE_VERSION).putInt(targetPages).putInt(actualPages).toBytes();
    }

    @Override
    public void restoreState(byte[] state) {
        StateReader reader = new StateReader("balloon", state, STATE_VERSION);
        int target = reader.getInt("target", pages(memoryBytes));
        int actual = reader.getInt();
        reader.end();
        targetPages = target;
        actualPages = actual;
    }

    @Override
    public void close() {
        reset();
        waiting.close();
    }

    @Override
    public boolean accepts(String tag, Object body) {
        return tag.equals(BalloonCommand.TAG);
    }

    @Override
    public CompletionStage<Object> execute(String tag, Object body) {
        return switch (BalloonCommand.parse(body)) {
            case BalloonCommand.Adjust adjust -> adjust(adjust);
            case BalloonCommand.Stats _ -> statistics();
            case BalloonCommand.Unknown _ -> WaitingCommands.answered(Map.of("Err", EINVAL));
        };
    }

    private CompletionStage<Object> adjust(BalloonCommand.Adjust adjust) {
        targetPages = pages(adjust.bytes());
        if (activation != null) {
            activation.raiseConfig();
        }
        waiting.sizeChanged();
        return adjust.awaited() && actualPages != targetPages ? waiting.size() : WaitingCommands.answered("Ok");
    }

    private CompletionStage<Object> statistics() {
        VirtioActivation active = activation;
        if (active == null || !active.queue(STATS).enabled()) {
            return WaitingCommands.answered(Map.of("ErrString", "the guest has no driver for the balloon's statistics"));
        }
        CompletionStage<Object> response = waiting.statistics();
        askForStats(active.queue(STATS));
        return response;
    }
}
