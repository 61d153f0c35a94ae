package testudo.plugin.disk.raw;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import testudo.plugin.disk.raw.RawOperation.Kind;
import testudo.spi.device.EventLoop;
import testudo.spi.disk.DiskQueue;
import testudo.spi.host.HostFile;
import testudo.spi.host.IoRing;
import testudo.spi.host.IoRing.RangeOperation;
import testudo.spi.host.Poller;
import testudo.spi.memory.BufferList;

/// Operations on a raw image through an [IoRing].
///
/// An operation goes to the ring in steps: what one call of the kernel takes, or what a bounce buffer holds. A short step is carried
/// on; the caller hears of the whole only.
final class RawQueue implements DiskQueue {
    private static final int EIO = -5;
    private static final int EINVAL = -22;
    private static final int EOPNOTSUPP = -95;
    private static final int MAX_RING_DEPTH = 4096;
    /// The longest vector that the kernel takes.
    private static final int MAX_PIECES = 1024;
    private static final long MAX_STEP_BYTES = 1L << 30;
    private static final MemorySegment ZEROS = MemorySegment.ofArray(new byte[4096]).asReadOnly();

    private final RawImage image;
    private final HostFile file;
    private final Completion completion;
    private final IoRing ring;
    private final EventLoop.Watch watch;
    private final RawOperation[] operations;
    private final SlotRing free;
    private final SlotRing waiting;
    private final Arena arena = Arena.ofShared();
    private final BounceBuffers bounces;
    private final IoRing.Completion stepDone = this::stepCompleted;
    private boolean reaping;
    private boolean closed;

    RawQueue(RawImage image, EventLoop loop, int depth, Completion completion) {
        this.image = image;
        this.completion = completion;
        file = image.file();
        operations = new RawOperation[depth];
        Arrays.setAll(operations, index -> new RawOperation());
        free = new SlotRing(depth);
        waiting = new SlotRing(depth);
        for (int i = 0; i < depth; i++) {
            free.add(i);
        }
        ring = newRing(image, depth);
        bounces = new BounceBuffers(image.alignmentBytes(), arena);
        watch = loop.watch(ring, Poller.READABLE, ready -> reap());
    }

    private IoRing newRing(RawImage of, int depth) {
        try {
            return of.host().files().newRing(Math.min(depth, MAX_RING_DEPTH), of.request().ring());
        } catch (RuntimeException refused) {
            arena.close();
            throw refused;
        }
    }

    @Override
    public void read(long position, BufferList to, long lengthBytes, long token) {
        int slot = take();
        operations[slot].begin(Kind.READ, position, lengthBytes, to, token);
        start(slot);
    }

    @Override
    public void write(long position, BufferList from, long lengthBytes, long token) {
        int slot = take();
        operations[slot].begin(Kind.WRITE, position, lengthBytes, from, token);
        start(slot);
    }

    @Override
    public void flush(long token) {
        int slot = take();
        operations[slot].begin(Kind.FLUSH, 0, 0, token);
        start(slot);
    }

    @Override
    public void discard(long position, long lengthBytes, long token) {
        int slot = take();
        operations[slot].begin(Kind.PUNCH_HOLE, position, lengthBytes, token);
        start(slot);
    }

    @Override
    public void writeZeroes(long position, long lengthBytes, boolean mayUnmap, long token) {
        int slot = take();
        operations[slot].begin(mayUnmap && image.sparse() ? Kind.PUNCH_HOLE : Kind.WRITE_ZEROES, position, lengthBytes, token);
        start(slot);
    }

    @Override
    public void submit() {
        ring.submit();
        if (!reaping) {
            reap(); // what the page cache has is done by now: no turn of the loop for it
        }
    }

    @Override
    public void drain() {
        if (underWay() == 0) {
            return;
        }
        try (Poller poller = image.host().events().newPoller()) {
            poller.add(ring, 0, Poller.READABLE);
            ring.submit();
            while (reap() > 0) {
                poller.await(-1);
            }
            poller.remove(ring);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watch.cancel();
            ring.close();
            arena.close();
        }
    }

    private int underWay() {
        return operations.length - free.count();
    }

    private int take() {
        if (free.count() == 0) {
            throw new IllegalStateException("more operations than the queue is deep");
        }
        return free.remove();
    }

    private void start(int slot) {
        RawOperation operation = operations[slot];
        if (operation.transfers()) {
            if (!bounces.aligned(operation.position) || !bounces.aligned(operation.lengthBytes)) {
                finish(slot, EINVAL);
                return;
            }
            operation.bounced = bounces.neededFor(operation.buffers, operation.lengthBytes);
        }
        step(slot);
    }

    /// Hands the next step to the ring, or puts the operation in the line when there is no room.
    private void step(int slot) {
        RawOperation operation = operations[slot];
        boolean queued = switch (operation.kind) {
            case READ, WRITE -> operation.bounced ? bouncedStep(slot, operation) : directStep(slot, operation);
            case FLUSH -> ring.flush(file, slot);
            case PUNCH_HOLE -> range(slot, operation, RangeOperation.PUNCH_HOLE);
            case WRITE_ZEROES -> range(slot, operation, RangeOperation.WRITE_ZEROES);
        };
        if (!queued) {
            waiting.add(slot);
        }
    }

    private boolean range(int slot, RawOperation operation, RangeOperation what) {
        return ring.allocate(file, what, operation.position, operation.lengthBytes, slot);
    }

    private boolean directStep(int slot, RawOperation operation) {
        operation.seekBuffers();
        operation.stepBytes = bytesOfOneVector(operation.buffers, operation.leftBytes());
        if (operation.stepBytes == 0) {
            // A vector full of empty pieces: no driver makes those, and the ring would refuse it forever.
            finish(slot, EINVAL);
            return true;
        }
        return transfer(slot, operation, operation.buffers);
    }

    private boolean bouncedStep(int slot, RawOperation operation) {
        if (ring.space() == 0) {
            return false;
        }
        if (operation.bounce == RawOperation.NO_BOUNCE) {
            operation.bounce = bounces.take();
        }
        if (operation.bounce == RawOperation.NO_BOUNCE) {
            return false;
        }
        operation.seekBuffers();
        operation.stepBytes = Math.min(operation.leftBytes(), BounceBuffers.SIZE_BYTES);
        if (operation.kind == Kind.WRITE) {
            bounces.copyIn(operation.bounce, operation.buffers, operation.stepBytes);
        }
        return transfer(slot, operation, bounces.list(operation.bounce, operation.stepBytes));
    }

    private boolean transfer(int slot, RawOperation operation, BufferList list) {
        long at = operation.position + operation.doneBytes;
        return operation.kind == Kind.READ
                ? ring.read(file, at, list, operation.stepBytes, slot)
                : ring.write(file, at, list, operation.stepBytes, slot);
    }

    private static long bytesOfOneVector(BufferList list, long wantBytes) {
        long most = Math.min(wantBytes, MAX_STEP_BYTES);
        int first = list.cursorPiece();
        long bytes = -list.cursorOffset();
        for (int i = first; bytes < most && i < list.count() && i - first < MAX_PIECES; i++) {
            bytes += list.lengthBytes(i);
        }
        return Math.min(bytes, most);
    }

    /// Takes completions; the caller's handlers may submit meanwhile, but not come back here.
    private int reap() {
        reaping = true;
        try {
            ring.complete(stepDone);
            // Completions made room.
            for (int left = waiting.count(); left > 0 && ring.space() > 0; left--) {
                step(waiting.remove());
            }
            ring.submit();
        } finally {
            reaping = false;
        }
        return underWay();
    }

    private void stepCompleted(long token, int result) {
        int slot = (int) token;
        RawOperation operation = operations[slot];
        if (operation.kind == Kind.PUNCH_HOLE && result == EOPNOTSUPP) {
            operation.kind = Kind.WRITE_ZEROES;
            step(slot);
        } else if (!operation.transfers() || result < 0) {
            finish(slot, Math.min(result, 0));
        } else {
            moved(slot, operation, result);
        }
    }

    private void moved(int slot, RawOperation operation, int bytes) {
        if (operation.bounced && operation.kind == Kind.READ && bytes > 0) {
            operation.seekBuffers();
            bounces.copyOut(operation.bounce, operation.buffers, bytes);
        }
        operation.doneBytes += bytes;
        if (operation.leftBytes() == 0) {
            finish(slot, 0);
        } else if (operation.kind == Kind.READ && operation.position + operation.doneBytes >= image.fileBytes()) {
            zeroRest(operation);
            finish(slot, 0);
        } else if (bytes == 0 || !bounces.aligned(operation.doneBytes)) {
            // The file is shorter than it was, or the device is full.
            finish(slot, EIO);
        } else {
            step(slot);
        }
    }

    private void zeroRest(RawOperation operation) {
        operation.seekBuffers();
        while (operation.leftBytes() > 0) {
            operation.doneBytes += operation.buffers.write(ZEROS, 0, Math.min(operation.leftBytes(), ZEROS.byteSize()));
        }
    }

    private void finish(int slot, int result) {
        RawOperation operation = operations[slot];
        if (operation.bounce != RawOperation.NO_BOUNCE) {
            bounces.release(operation.bounce);
            operation.bounce = RawOperation.NO_BOUNCE;
        }
        operation.forgetBuffers();
        free.add(slot);
        completion.completed(operation.token, result);
    }
}
