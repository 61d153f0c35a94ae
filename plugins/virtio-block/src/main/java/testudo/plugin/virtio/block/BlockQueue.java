package testudo.plugin.virtio.block;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongSupplier;
import testudo.spi.device.EventLoop;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskQueue;
import testudo.spi.memory.BufferList;
import testudo.spi.memory.DeviceMemory;
import testudo.spi.virtio.Virtqueue;

/// Serves one virtqueue: takes requests, hands them to the disk, answers them as they complete. Owned by one thread.
final class BlockQueue {
    private static final int STATUS_OK = 0;
    private static final int STATUS_IO_ERROR = 1;
    private static final int STATUS_UNSUPPORTED = 2;
    /// Requests under way, of a ring that may have 32,768: each takes a kilobyte of memory. The others wait in the ring.
    private static final int MAX_UNDER_WAY = 1024;
    /// Requests that are taken in one turn. What the page cache has is done within the turn: with all of a deep queue in one, driver and device
    /// would wait for each other.
    private static final int REQUESTS_A_TURN = 8;

    private final Virtqueue queue;
    private final DeviceMemory memory;
    private final EventLoop loop;
    private final LongSupplier capacitySectors;
    private final BlockRequest.Limits limits;
    private final boolean writeThrough;
    private final MemorySegment id = MemorySegment.ofArray(new byte[BlockOptions.MAX_ID_BYTES]);
    private final DiskQueue disk;
    private final BlockRequest[] slots;
    private final int[] free;
    private final EventLoop.Turn turn;
    private int freeCount;
    private boolean stalled;
    private boolean stopped;
    private long withoutStatus;

    /// How a queue answers, the same for all queues of a disk.
    /// @param limits what the disk allows
    /// @param writeThrough whether a write is answered only when it is durable
    /// @param id the serial number
    /// @param capacitySectors the disk's size; any thread
    record Rules(BlockRequest.Limits limits, boolean writeThrough, Optional<String> id, LongSupplier capacitySectors) {}

    BlockQueue(Virtqueue queue, DeviceMemory memory, EventLoop loop, DiskImage image, Rules rules) {
        this.queue = queue;
        this.memory = memory;
        this.loop = loop;
        limits = rules.limits();
        writeThrough = rules.writeThrough();
        capacitySectors = rules.capacitySectors();
        rules.id().ifPresent(text -> {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, id, 0, bytes.length);
        });
        slots = new BlockRequest[Math.min(queue.size(), MAX_UNDER_WAY)];
        Arrays.setAll(slots, index -> new BlockRequest());
        free = new int[slots.length];
        Arrays.setAll(free, index -> index);
        freeCount = free.length;
        turn = loop.turn(this::serve);
        disk = image.newQueue(loop, slots.length, this::completed);
    }

    EventLoop loop() {
        return loop;
    }

    /// Requests that had no room for a status.
    long withoutStatus() {
        return withoutStatus;
    }

    /// Takes what the driver has made available, some at a time: the core publishes in between, and the driver works on what is done while we
    /// do the rest.
    void serve() {
        if (stopped) {
            return;
        }
        int budget = REQUESTS_A_TURN;
        stalled = false;
        while (budget > 0) {
            if (freeCount == 0) {
                stalled = true;
                break;
            }
            int slot = free[freeCount - 1];
            if (!queue.next(slots[slot].chain())) {
                break;
            }
            freeCount--;
            budget--;
            slots[slot].parse(capacitySectors.getAsLong(), limits);
            execute(slot, slots[slot]);
        }
        disk.submit();
        if (budget == 0) {
            turn.again();
        }
    }

    /// Takes nothing more and finishes what is under way.
    void quiesce() {
        stopped = true;
        disk.drain();
    }

    /// Finishes what is under way.
    void drain() {
        disk.drain();
    }

    void close() {
        stopped = true;
        disk.close();
    }

    private void execute(int slot, BlockRequest request) {
        switch (request.kind()) {
            case READ -> disk.read(request.position(0), request.chain().writable(), request.lengthBytes(0), slot);
            case WRITE -> disk.write(request.position(0), request.chain().readable(), request.lengthBytes(0), slot);
            case FLUSH -> disk.flush(slot);
            case DISCARD, WRITE_ZEROES -> nextRange(slot, request);
            case GET_ID -> {
                long written = request.chain().writable().write(id, 0, id.byteSize());
                answer(slot, request, STATUS_OK, written);
            }
            case NOTHING -> answer(slot, request, STATUS_OK, 0);
            case UNSUPPORTED -> answer(slot, request, STATUS_UNSUPPORTED, 0);
            case IO_ERROR -> answer(slot, request, STATUS_IO_ERROR, 0);
            case NO_STATUS -> {
                withoutStatus++;
                release(slot, request, 0);
            }
        }
    }

    /// Starts the next range that is not empty; ranges of one request follow each other.
    private void nextRange(int slot, BlockRequest request) {
        while (request.nextRange < request.ranges() && request.lengthBytes(request.nextRange) == 0) {
            request.nextRange++;
        }
        if (request.nextRange == request.ranges()) {
            written(slot, request);
            return;
        }
        int range = request.nextRange++;
        if (request.kind() == BlockRequest.Kind.DISCARD) {
            disk.discard(request.position(range), request.lengthBytes(range), slot);
        } else {
            disk.writeZeroes(request.position(range), request.lengthBytes(range), request.mayUnmap(range), slot);
        }
    }

    /// Without FLUSH the driver takes an answered write for durable (VIRTIO 1.3, 5.2.6.2 "Device Requirements: Device Operation").
    private void written(int slot, BlockRequest request) {
        if (writeThrough && !request.persisting) {
            request.persisting = true;
            disk.flush(slot);
        } else {
            answer(slot, request, STATUS_OK, 0);
        }
    }

    private void completed(long token, int result) {
        int slot = (int) token;
        BlockRequest request = slots[slot];
        if (result != 0) {
            fail(slot, request);
        } else if (request.persisting) {
            answer(slot, request, STATUS_OK, 0);
        } else {
            switch (request.kind()) {
                case READ -> answer(slot, request, STATUS_OK, request.lengthBytes(0));
                case WRITE -> written(slot, request);
                case DISCARD, WRITE_ZEROES -> nextRange(slot, request);
                default -> answer(slot, request, STATUS_OK, 0);
            }
        }
        if (stalled && !stopped) {
            serve();
        } else {
            disk.submit();
        }
    }

    private void fail(int slot, BlockRequest request) {
        if (request.kind() == BlockRequest.Kind.READ) {
            // Part of the data may have come: the pages count as written although the driver is told of nothing.
            BufferList data = request.chain().writable();
            for (int i = 0; i < data.count(); i++) {
                memory.markDirty(data.address(i), data.lengthBytes(i));
            }
        }
        answer(slot, request, STATUS_IO_ERROR, 0);
    }

    /// Writes the status, which is the last writable byte, and completes the request.
    private void answer(int slot, BlockRequest request, int status, long dataBytes) {
        BufferList to = request.chain().writable();
        long room = request.roomBytes();
        to.rewind();
        to.skip(room);
        int piece = lastPiece(to);
        to.writeByte(status);
        if (dataBytes == room) {
            release(slot, request, dataBytes + 1);
        } else {
            // The status does not follow the data, so the used length can't cover it.
            memory.markDirty(to.address(piece) + to.lengthBytes(piece) - 1, 1);
            release(slot, request, dataBytes);
        }
    }

    private static int lastPiece(BufferList list) {
        int piece = list.count() - 1;
        while (list.lengthBytes(piece) == 0) {
            piece--;
        }
        return piece;
    }

    private void release(int slot, BlockRequest request, long writtenBytes) {
        queue.complete(request.chain(), writtenBytes);
        free[freeCount++] = slot;
    }
}
