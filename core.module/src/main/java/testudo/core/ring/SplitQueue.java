package testudo.core.ring;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioFeature;

/// A split virtqueue (VIRTIO 1.3, 2.7 "Split Virtqueues").
public final class SplitQueue implements RingQueue {
    private static final int AVAIL_IDX = 2;
    private static final int AVAIL_RING = 4;
    private static final int USED_IDX = 2;
    private static final int USED_RING = 4;
    private static final int USED_ELEMENT_BYTES = 8;
    private static final int NO_INTERRUPT = 1;
    private static final int NO_NOTIFY = 1;

    private final int index;
    private final int size;
    private final boolean eventIdx;
    private final boolean indirect;
    private final DeviceMemory memory;
    private final long usedAddress;
    private final RingMemory descriptors;
    private final RingMemory avail;
    private final RingMemory used;
    private final DeviceMemory.Cursor tables;
    private final RingMemoryView tableView = new RingMemoryView();
    private final ChainBuilder builder;
    private final long[] inFlight;
    private int nextAvail;
    private int nextUsed;
    private int publishedUsed;
    private int underWay;
    /// Whether `used.flags` is known to ask for notifications; a ring that was served before may say otherwise.
    private boolean notifying;
    private final @Nullable CompletionOrder order;
    private final @Nullable InflightLog log;
    /// What a process before this one has taken and not completed.
    private final int[] left;
    private int takenAgain;

    /// Makes a queue over rings in guest memory.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @throws QueueFault when the size is no power of two up to 32768, or a ring is misaligned or not in memory
    public SplitQueue(QueueConfig config, DeviceMemory memory) {
        this(config, memory, RingPosition.SPLIT_START);
    }

    /// Makes a queue that goes on where another one was saved.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @param position how far the other one came
    /// @throws QueueFault as for a new one
    public SplitQueue(QueueConfig config, DeviceMemory memory, RingPosition position) {
        this(config, memory, position, null);
    }

    /// Makes a queue that goes on where another process has ended, maybe without completing what it took.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @param position how far the ring was used; with a log the rest is found there
    /// @param log what is under way; null when nobody is to know
    /// @throws QueueFault as for a new one, or when the log does not fit
    public SplitQueue(QueueConfig config, DeviceMemory memory, RingPosition position, @Nullable InflightLog log) {
        if (config.size() <= 0 || config.size() > 32_768 || Integer.bitCount(config.size()) != 1) {
            throw new QueueFault("the queue size is not a power of two up to 32768");
        }
        index = config.index();
        size = config.size();
        eventIdx = (config.features() & VirtioFeature.EVENT_IDX) != 0;
        indirect = (config.features() & VirtioFeature.INDIRECT_DESC) != 0;
        this.memory = memory;
        usedAddress = config.device();
        descriptors = RingMemory.find(memory, config.descriptors(), 16L * size, 16, false);
        avail = RingMemory.find(memory, config.driver(), 6L + 2L * size, 2, false);
        used = RingMemory.find(memory, config.device(), 6L + 8L * size, 4, true);
        tables = memory.cursor();
        builder = new ChainBuilder(memory);
        inFlight = new long[(size + 63) / 64];
        order = (config.features() & VirtioFeature.IN_ORDER) != 0 ? new CompletionOrder(index, size) : null;
        nextUsed = position.used() & 0xFFFF;
        this.log = log;
        left = log == null ? new int[0] : log.recover(nextUsed);
        nextAvail = (log == null ? position.available() : nextUsed + left.length) & 0xFFFF;
        publishedUsed = nextUsed;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public boolean enabled() {
        return true;
    }

    @Override
    public boolean next(DescriptorChain chain) {
        boolean again = takenAgain < left.length;
        if (!again && !available()) {
            return false;
        }
        int head = again ? left[takenAgain] : avail.getShort(AVAIL_RING + 2L * (nextAvail & (size - 1)));
        if (head >= size) {
            throw new QueueFault("the available ring names a descriptor that does not exist");
        }
        if ((inFlight[head >> 6] & 1L << head) != 0) {
            throw new QueueFault("the available ring names a chain that is already under way");
        }
        chain.clear();
        collect(chain, head);
        inFlight[head >> 6] |= 1L << head;
        underWay++;
        if (order != null) {
            order.take(head);
        }
        chain.fill(head, 1);
        if (again) {
            takenAgain++;
        } else {
            nextAvail = (nextAvail + 1) & 0xFFFF;
        }
        if (log != null) {
            log.taken(head);
        }
        return true;
    }

    /// Whether there is a chain to take. When there is none, asks the driver to notify and looks once more.
    private boolean available() {
        if (pending() > 0) {
            if (!eventIdx && notifying) {
                used.putShort(0, NO_NOTIFY);
                memory.markDirty(usedAddress, 2);
                notifying = false;
            }
            return true;
        }
        if (eventIdx) {
            used.putShort(USED_RING + (long) USED_ELEMENT_BYTES * size, nextAvail); // avail_event
            memory.markDirty(usedAddress + USED_RING + (long) USED_ELEMENT_BYTES * size, 2);
        } else if (!notifying) {
            used.putShort(0, 0);
            memory.markDirty(usedAddress, 2);
            notifying = true;
        }
        // Pairs with the driver's barrier between writing avail.idx and reading avail_event or used.flags (2.7.13.4.1, 2.7.10).
        VarHandle.fullFence();
        return pending() > 0;
    }

    private int pending() {
        // Acquire pairs with the driver's write barrier before avail.idx: ring entries and descriptors are visible after it.
        int count = (avail.getShortAcquire(AVAIL_IDX) - nextAvail) & 0xFFFF;
        if (count > size) {
            throw new QueueFault("the available index ran ahead by more than the queue size");
        }
        return count;
    }

    private void collect(DescriptorChain chain, int head) {
        int at = head;
        for (int count = 0; count < size; count++) {
            long address = descriptors.getLong(16L * at);
            long rest = descriptors.getLong(16L * at + 8);
            int length = (int) rest;
            int flags = (int) (rest >>> 32) & 0xFFFF;
            int next = (int) (rest >>> 48);
            if ((flags & ChainBuilder.INDIRECT) != 0) {
                if (!indirect || (flags & ChainBuilder.NEXT) != 0) {
                    throw new QueueFault("an indirect descriptor where none is allowed");
                }
                collectTable(chain, address, length, size - count);
                return;
            }
            builder.add(chain, address, length, (flags & ChainBuilder.WRITE) != 0);
            if ((flags & ChainBuilder.NEXT) == 0) {
                return;
            }
            if (next >= size) {
                throw new QueueFault("a descriptor continues in one that does not exist");
            }
            at = next;
        }
        throw new QueueFault("a chain is longer than the queue, or a loop");
    }

    private void collectTable(DescriptorChain chain, long address, int lengthBytes, int room) {
        int entries = lengthBytes >>> 4;
        if (lengthBytes <= 0 || (lengthBytes & 15) != 0 || !tables.seek(address, lengthBytes, false)) {
            throw new QueueFault("an indirect table is empty, ragged or not in guest memory");
        }
        RingMemoryView table = tableView.at(tables);
        int at = 0;
        for (int count = 0; count < Math.min(entries, room); count++) {
            long buffer = table.getLong(16L * at);
            long rest = table.getLong(16L * at + 8);
            int flags = (int) (rest >>> 32) & 0xFFFF;
            if ((flags & ChainBuilder.INDIRECT) != 0) {
                throw new QueueFault("an indirect table inside an indirect table");
            }
            builder.add(chain, buffer, (int) rest, (flags & ChainBuilder.WRITE) != 0);
            if ((flags & ChainBuilder.NEXT) == 0) {
                return;
            }
            at = (int) (rest >>> 48);
            if (at >= entries) {
                throw new QueueFault("an indirect descriptor continues outside of its table");
            }
        }
        throw new QueueFault("an indirect chain is longer than the queue, or a loop");
    }

    @Override
    public void complete(DescriptorChain chain, long writtenBytes) {
        int head = chain.head();
        if (head < 0 || (inFlight[head >> 6] & 1L << head) == 0) {
            throw new IllegalStateException("queue %d: completes a chain that is not under way".formatted(index));
        }
        if (order != null) {
            order.complete(head);
        }
        inFlight[head >> 6] &= ~(1L << head);
        underWay--;
        long written = Math.clamp(writtenBytes, 0, chain.writable().sizeBytes());
        Dirty.mark(memory, chain.writable(), written);
        long element = USED_RING + (long) USED_ELEMENT_BYTES * (nextUsed & (size - 1));
        used.putInt(element, head);
        used.putInt(element + 4, (int) written);
        memory.markDirty(usedAddress + element, USED_ELEMENT_BYTES);
        nextUsed = (nextUsed + 1) & 0xFFFF;
        if (log != null) {
            log.completed(head);
        }
        chain.clear();
    }

    @Override
    public RingPosition position() {
        if (underWay != 0 || publishedUsed != nextUsed) {
            throw new IllegalStateException("queue %d: %d chains are under way".formatted(index, underWay));
        }
        return new RingPosition(nextAvail, nextUsed);
    }

    @Override
    public boolean publish() {
        int old = publishedUsed;
        if (old == nextUsed) {
            return false;
        }
        // Release: the used elements are visible before the index that covers them (2.7.8.2).
        used.putShortRelease(USED_IDX, nextUsed);
        memory.markDirty(usedAddress, 4);
        publishedUsed = nextUsed;
        if (log != null) {
            log.published(nextUsed);
        }
        // Pairs with the driver's barrier between writing used_event or avail.flags and reading used.idx (2.7.7).
        VarHandle.fullFence();
        if (!eventIdx) {
            return (avail.getShort(0) & NO_INTERRUPT) == 0;
        }
        int usedEvent = avail.getShort(AVAIL_RING + 2L * size);
        return ((nextUsed - usedEvent - 1) & 0xFFFF) < ((nextUsed - old) & 0xFFFF);
    }
}
