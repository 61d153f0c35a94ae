package testudo.core.ring;

import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.QueueFault;
import testudo.spi.virtio.VirtioFeature;

/// A packed virtqueue (VIRTIO 1.3, 2.8 "Packed Virtqueues").
public final class PackedQueue implements RingQueue {
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;
    private static final int EVENT_ENABLE = 0;
    private static final int EVENT_DISABLE = 1;
    private static final int EVENT_DESCRIPTOR = 2;
    private static final int WRAP = 1 << 15;

    private final int index;
    private final int size;
    private final boolean eventIdx;
    private final boolean indirect;
    private final DeviceMemory memory;
    private final long ringAddress;
    private final RingMemory ring;
    private final RingMemory driverEvent;
    private final RingMemory deviceEvent;
    private final DeviceMemory.Cursor tables;
    private final RingMemoryView tableView = new RingMemoryView();
    private final ChainBuilder builder;
    private final long[] inFlight = new long[65_536 / 64];
    private int slotsInFlight;
    private int nextAvail;
    private boolean availWrap;
    private int nextUsed;
    private boolean usedWrap;
    private int usedSincePublish;
    /// Whether the event structure is known to ask for notifications; a ring that was served before may say otherwise.
    private boolean notifying;
    private final long deviceEventAddress;
    private final @Nullable CompletionOrder order;

    /// Makes a queue over a ring in guest memory.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @throws QueueFault when the size is out of range, or the ring is misaligned or not in memory
    public PackedQueue(QueueConfig config, DeviceMemory memory) {
        this(config, memory, RingPosition.PACKED_START);
    }

    /// Makes a queue that goes on where another one was saved.
    /// @param config what the driver has set up
    /// @param memory the device's view of guest memory
    /// @param position how far the other one came
    /// @throws QueueFault as for a new one, or when the position is not in the ring
    public PackedQueue(QueueConfig config, DeviceMemory memory, RingPosition position) {
        if (config.size() <= 0 || config.size() > 32_768) {
            throw new QueueFault("the queue size is not 1 to 32768");
        }
        index = config.index();
        size = config.size();
        eventIdx = (config.features() & VirtioFeature.EVENT_IDX) != 0;
        indirect = (config.features() & VirtioFeature.INDIRECT_DESC) != 0;
        this.memory = memory;
        ringAddress = config.descriptors();
        ring = RingMemory.find(memory, config.descriptors(), 16L * size, 16, true);
        driverEvent = RingMemory.find(memory, config.driver(), 4, 4, false);
        deviceEvent = RingMemory.find(memory, config.device(), 4, 4, true);
        tables = memory.cursor();
        builder = new ChainBuilder(memory);
        deviceEventAddress = config.device();
        order = (config.features() & VirtioFeature.IN_ORDER) != 0 ? new CompletionOrder(index, size) : null;
        nextAvail = position.available() & (WRAP - 1);
        availWrap = (position.available() & WRAP) != 0;
        nextUsed = position.used() & (WRAP - 1);
        usedWrap = (position.used() & WRAP) != 0;
        if (nextAvail >= size || nextUsed >= size) {
            throw new QueueFault("the saved position is not in the ring");
        }
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
        if (!available()) {
            return false;
        }
        chain.clear();
        int at = nextAvail;
        boolean wrap = availWrap;
        int slots = 0;
        int id = -1;
        while (id < 0) {
            if (slotsInFlight + ++slots > size) {
                throw new QueueFault("a chain is longer than the free part of the ring");
            }
            // Acquire: what the driver wrote before it made the descriptor available is visible after this (2.8.21.1).
            long rest = ring.getLongAcquire(16L * at + 8);
            long address = ring.getLong(16L * at);
            int flags = (int) (rest >>> 48);
            add(chain, address, (int) rest, flags, slots);
            if ((flags & ChainBuilder.NEXT) == 0) {
                id = (int) (rest >>> 32) & 0xFFFF;
            }
            if (++at == size) {
                at = 0;
                wrap = !wrap;
            }
        }
        if ((inFlight[id >> 6] & 1L << id) != 0) {
            throw new QueueFault("a buffer id is already under way");
        }
        inFlight[id >> 6] |= 1L << id;
        slotsInFlight += slots;
        if (order != null) {
            order.take(id);
        }
        chain.fill(id, slots);
        nextAvail = at;
        availWrap = wrap;
        return true;
    }

    private void add(DescriptorChain chain, long address, int lengthBytes, int flags, int slot) {
        if ((flags & ChainBuilder.INDIRECT) == 0) {
            builder.add(chain, address, lengthBytes, (flags & ChainBuilder.WRITE) != 0);
            return;
        }
        if (!indirect || (flags & ChainBuilder.NEXT) != 0 || slot != 1) {
            throw new QueueFault("an indirect descriptor where none is allowed");
        }
        int entries = lengthBytes >>> 4;
        if (lengthBytes <= 0 || (lengthBytes & 15) != 0 || entries > size || !tables.seek(address, lengthBytes, false)) {
            throw new QueueFault("an indirect table is empty, ragged, too long or not in guest memory");
        }
        RingMemoryView table = tableView.at(tables);
        for (int i = 0; i < entries; i++) {
            long buffer = table.getLong(16L * i);
            long rest = table.getLong(16L * i + 8);
            int entryFlags = (int) (rest >>> 48);
            if ((entryFlags & ChainBuilder.INDIRECT) != 0) {
                throw new QueueFault("an indirect table inside an indirect table");
            }
            builder.add(chain, buffer, (int) rest, (entryFlags & ChainBuilder.WRITE) != 0);
        }
    }

    private boolean available() {
        if (isAvailable()) {
            if (!eventIdx && notifying) {
                deviceEvent.putShort(2, EVENT_DISABLE);
                memory.markDirty(deviceEventAddress, 4);
                notifying = false;
            }
            return true;
        }
        if (eventIdx) {
            deviceEvent.putShort(0, nextAvail | (availWrap ? WRAP : 0));
            deviceEvent.putShort(2, EVENT_DESCRIPTOR);
            memory.markDirty(deviceEventAddress, 4);
        } else if (!notifying) {
            deviceEvent.putShort(2, EVENT_ENABLE);
            memory.markDirty(deviceEventAddress, 4);
            notifying = true;
        }
        // Pairs with the driver's barrier between making a descriptor available and reading the device event structure (2.8.21.3).
        VarHandle.fullFence();
        return isAvailable();
    }

    private boolean isAvailable() {
        if (slotsInFlight >= size) {
            return false;
        }
        int flags = (int) (ring.getLongAcquire(16L * nextAvail + 8) >>> 48);
        return (flags & AVAIL) != 0 == availWrap && (flags & USED) != 0 != availWrap;
    }

    @Override
    public void complete(DescriptorChain chain, long writtenBytes) {
        int id = chain.head();
        if (id < 0 || (inFlight[id >> 6] & 1L << id) == 0) {
            throw new IllegalStateException("queue %d: completes a chain that is not under way".formatted(index));
        }
        if (order != null) {
            order.complete(id);
        }
        inFlight[id >> 6] &= ~(1L << id);
        slotsInFlight -= chain.descriptors();
        long written = Math.clamp(writtenBytes, 0, chain.writable().sizeBytes());
        Dirty.mark(memory, chain.writable(), written);
        int flags = (usedWrap ? AVAIL | USED : 0) | (written > 0 ? ChainBuilder.WRITE : 0);
        long slot = 16L * nextUsed;
        ring.putInt(slot + 8, (int) written);
        // Release: length and data are visible before id and flags make the descriptor used (2.8.21.2); both are one 32-bit store.
        ring.putIntRelease(slot + 12, id | flags << 16);
        memory.markDirty(ringAddress + slot, 16);
        nextUsed += chain.descriptors();
        usedSincePublish += chain.descriptors();
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
        chain.clear();
    }

    @Override
    public RingPosition position() {
        if (slotsInFlight != 0 || usedSincePublish != 0) {
            throw new IllegalStateException("queue %d: %d descriptors are under way".formatted(index, slotsInFlight));
        }
        return new RingPosition(nextAvail | (availWrap ? WRAP : 0), nextUsed | (usedWrap ? WRAP : 0));
    }

    @Override
    public boolean publish() {
        if (usedSincePublish == 0) {
            return false;
        }
        int added = usedSincePublish;
        usedSincePublish = 0;
        // Pairs with the driver's barrier between writing its event structure and looking for used descriptors.
        VarHandle.fullFence();
        int event = driverEvent.getInt(0);
        int flags = (event >>> 16) & 3;
        if (flags != EVENT_DESCRIPTOR || !eventIdx) {
            return flags != EVENT_DISABLE;
        }
        int wanted = event & (WRAP - 1);
        if ((event & WRAP) != 0 != usedWrap) {
            wanted -= size;
        }
        return ((nextUsed - wanted - 1) & 0xFFFF) < added;
    }
}
