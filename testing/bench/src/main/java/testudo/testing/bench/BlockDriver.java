package testudo.testing.bench;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import testudo.spi.host.Poller;

/// A guest's block driver: keeps a number of requests under way and checks every answer. For one thread.
///
/// The disk holds in each block of 4 KiB the block's own number, first thing; reads are checked for it and writes write it.
final class BlockDriver implements AutoCloseable {
    /// The unit of positions.
    static final int BLOCK_BYTES = 4096;
    /// The longest request.
    static final int MAX_REQUEST_BYTES = 1 << 20;

    private static final int HEADER_BYTES = 16;
    private static final long HEADERS_AT = 0x4000;
    private static final long STATUS_AT = 0x6000;
    private static final long DATA_AT = MAX_REQUEST_BYTES;
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int SECTOR_BYTES = 512;
    private static final byte UNANSWERED = (byte) 0xFF;
    /// How long a device may let its driver wait.
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final BlockTarget target;
    private final long blocks;
    private final MemorySegment ram;
    private final GuestRing ring;
    private final Poller poller;
    private final long[] positions = new long[GuestRing.REQUESTS];
    private long random = 0x9E37_79B9_7F4A_7C15L;
    private long nextBlock;

    /// Takes a device.
    /// @param target with a ring that is empty on both sides
    /// @param ring the driver's side of it
    /// @param diskBytes size of the disk
    BlockDriver(BlockTarget target, GuestRing ring, long diskBytes) {
        this.target = target;
        this.ring = ring;
        blocks = diskBytes / BLOCK_BYTES;
        ram = target.ram();
        poller = target.events().newPoller();
        poller.add(target.call(), 0, Poller.READABLE);
    }

    /// What a run did.
    /// @param requests how many were answered
    /// @param nanos how long it took
    record Result(long requests, long nanos) {
        double perSecond() {
            return requests * 1e9 / nanos;
        }
    }

    /// Drives the disk for a while.
    /// @param load what to do
    /// @param millis how long, about
    /// @return how much was done
    /// @throws IllegalStateException when the device answers wrongly or not at all
    Result run(BlockLoad load, long millis) {
        prepare(load);
        long begin = System.nanoTime();
        long end = begin + millis * 1_000_000;
        for (int request = 0; request < load.depth(); request++) {
            start(request, load);
        }
        kickIfWanted();
        int underWay = load.depth();
        long done = 0;
        long now = begin;
        while (underWay > 0) {
            int request = ring.take();
            if (request < 0) {
                kickIfWanted();
                await();
                now = System.nanoTime();
                continue;
            }
            check(request, load);
            done++;
            if (now < end) {
                start(request, load);
            } else {
                underWay--;
            }
            // Looking at the clock each time would be a cost of its own; with one request under way each completion is awaited anyhow.
            if ((done & 15) == 0) {
                now = System.nanoTime();
            }
        }
        return new Result(done, System.nanoTime() - begin);
    }

    private void prepare(BlockLoad load) {
        for (int request = 0; request < load.depth(); request++) {
            long header = HEADERS_AT + (long) HEADER_BYTES * request;
            ring.describe(request, 0, BlockTarget.RAM_GPA + header, HEADER_BYTES, false);
            ring.describe(request, 1, BlockTarget.RAM_GPA + data(request), load.requestBytes(), !load.writes());
            ring.describe(request, 2, BlockTarget.RAM_GPA + STATUS_AT + request, 1, true);
            ram.set(INT, header, load.writes() ? OUT : IN);
        }
    }

    private static long data(int request) {
        return DATA_AT + (long) MAX_REQUEST_BYTES * request;
    }

    private void start(int request, BlockLoad load) {
        int blocksOfRequest = load.requestBytes() / BLOCK_BYTES;
        long block = load.random() ? Long.remainderUnsigned(next(), blocks - blocksOfRequest + 1) : sequential(blocksOfRequest);
        positions[request] = block;
        ram.set(LONG, HEADERS_AT + (long) HEADER_BYTES * request + 8, block * (BLOCK_BYTES / SECTOR_BYTES));
        ram.set(ValueLayout.JAVA_BYTE, STATUS_AT + request, UNANSWERED);
        for (int i = 0; i < blocksOfRequest; i++) {
            ram.set(LONG, data(request) + (long) BLOCK_BYTES * i, load.writes() ? block + i : -1);
        }
        ring.add(request);
    }

    private long sequential(int blocksOfRequest) {
        if (nextBlock + blocksOfRequest > blocks) {
            nextBlock = 0;
        }
        long block = nextBlock;
        nextBlock += blocksOfRequest;
        return block;
    }

    /// Xorshift: the same positions in every run.
    private long next() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return random;
    }

    private void check(int request, BlockLoad load) {
        byte status = ram.get(ValueLayout.JAVA_BYTE, STATUS_AT + request);
        if (status != 0) {
            throw new IllegalStateException("block %d: the device answered with status %d".formatted(positions[request], status));
        }
        int last = load.requestBytes() / BLOCK_BYTES - 1;
        long first = ram.get(LONG, data(request));
        long end = ram.get(LONG, data(request) + (long) BLOCK_BYTES * last);
        if (first != positions[request] || end != positions[request] + last) {
            throw new IllegalStateException(
                    "block %d: the device read %d to %d instead".formatted(positions[request], first, end));
        }
    }

    private void kickIfWanted() {
        if (ring.publish()) {
            target.kick().signal();
        }
    }

    private void await() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (ring.mayAwait()) {
            // Waiting may end early with nothing ready: the kernel interrupts it to finish I/O on this thread.
            if (poller.await(PATIENCE_NANOS) == 0 && System.nanoTime() > end) {
                throw new IllegalStateException("the device has not answered for 30 s");
            }
            target.call().consume();
        }
    }

    @Override
    public void close() {
        poller.close();
    }
}
