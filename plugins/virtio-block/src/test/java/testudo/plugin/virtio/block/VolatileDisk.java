package testudo.plugin.virtio.block;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import testudo.plugin.disk.raw.RawFormat;
import testudo.spi.Availability;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.EntropySource;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostFiles;
import testudo.spi.host.HostMemory;
import testudo.spi.host.HostPlatform;
import testudo.spi.host.HostSockets;
import testudo.spi.host.HostTerminals;
import testudo.spi.host.IoRing;
import testudo.spi.host.Poller;
import testudo.spi.memory.BufferList;
import testudo.testing.driver.MemoryHost;
import testudo.testing.driver.MemorySource;

/// A host with one file that loses what was not flushed when the power goes. Operations complete in any order; a flush covers the
/// writes that had completed when it was queued, as fdatasync does (`io_uring_enter(2)`, "IORING_OP_FSYNC").
final class VolatileDisk implements HostPlatform, HostFiles, HostFile {
    private static final int WORD = Long.BYTES;
    private static final int DEPTH = 256;

    private final MemoryHost memoryHost;
    private final Random random;
    private final boolean dropsFlushes;
    private final long[] cached;
    private final long[] durable;
    int flushes;

    /// Makes a disk of words that grow: a word that is written later is larger.
    /// @param dropsFlushes whether flushes are answered and not done
    VolatileDisk(MemoryHost memoryHost, int words, long seed, boolean dropsFlushes) {
        this.memoryHost = memoryHost;
        this.dropsFlushes = dropsFlushes;
        random = new Random(seed);
        cached = new long[words];
        durable = new long[words];
    }

    DiskImage open(DiskRequest request) {
        return new RawFormat().open(request, this, this);
    }

    /// What is left of a word when the power goes now.
    long durable(int word) {
        return durable[word];
    }

    @Override
    public long sizeBytes() {
        return (long) cached.length * WORD;
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public boolean sparse() {
        return false;
    }

    @Override
    public IoRing newRing(int depth, RingKind kind) {
        return new VolatileRing();
    }

    @Override
    public HostEvents events() {
        return memoryHost.events();
    }

    @Override
    public HostFiles files() {
        return this;
    }

    @Override
    public void close() {
        // Lives as long as the test.
    }

    @Override
    public HostFile open(java.nio.file.Path path, java.util.Set<Mode> modes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(long position, MemorySegment to, long offset, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(long position, MemorySegment from, long offset, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int flush() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int punchHole(long position, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int writeZeroes(long position, long lengthBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int resize(long sizeBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean lock(boolean exclusive) {
        return true;
    }

    @Override
    public String id() {
        return "volatile";
    }

    @Override
    public Availability probe() {
        return memoryHost.probe();
    }

    @Override
    public HostMemory memory() {
        return memoryHost.memory();
    }

    @Override
    public HostSockets sockets() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostTerminals terminals() {
        throw new UnsupportedOperationException();
    }

    @Override
    public EntropySource entropy() {
        return memoryHost.entropy();
    }

    private final class VolatileRing extends MemorySource implements IoRing {
        private final List<Runnable> queued = new ArrayList<>();
        private final List<Runnable> underWay = new ArrayList<>();
        private Completion completion = (token, result) -> {};

        @Override
        public boolean write(HostFile file, long position, BufferList from, long lengthBytes, long token) {
            long[] words = new long[(int) lengthBytes / WORD];
            from.read(MemorySegment.ofArray(words), 0, lengthBytes);
            queued.add(() -> {
                System.arraycopy(words, 0, cached, (int) position / WORD, words.length);
                completion.completed(token, (int) lengthBytes);
            });
            return true;
        }

        @Override
        public boolean flush(HostFile file, long token) {
            long[] covered = cached.clone();
            queued.add(() -> {
                flushes++;
                for (int i = 0; i < covered.length && !dropsFlushes; i++) {
                    durable[i] = Math.max(durable[i], covered[i]);
                }
                completion.completed(token, 0);
            });
            return true;
        }

        @Override
        public void submit() {
            underWay.addAll(queued);
            queued.clear();
            changed();
        }

        @Override
        public int complete(Completion to) {
            completion = to;
            if (underWay.isEmpty()) {
                return 0;
            }
            underWay.remove(random.nextInt(underWay.size())).run();
            return 1;
        }

        @Override
        public int ready() {
            return underWay.isEmpty() ? 0 : Poller.READABLE;
        }

        @Override
        public int space() {
            return DEPTH - queued.size() - underWay.size();
        }

        @Override
        public boolean read(HostFile file, long position, BufferList to, long lengthBytes, long token) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean allocate(HostFile file, RangeOperation operation, long position, long lengthBytes, long token) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
