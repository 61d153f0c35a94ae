package testudo.testing.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import testudo.core.ring.QueueConfig;
import testudo.core.ring.RingQueue;
import testudo.core.virtio.GuestDeviceMemory;
import testudo.spi.memory.GuestMemory;
import testudo.spi.memory.GuestRegion;
import testudo.spi.virtio.DescriptorChain;
import testudo.spi.virtio.VirtioFeature;

/// Chains of two descriptors (16 bytes readable, 4096 writable) through a ring of 256, 64 at a time. `peer/ring.c` does the same work.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class QueueBenchmark {
    static final int BATCH = 64;

    private static final int SIZE = 256;
    private static final int CHAINS = SIZE / 2;
    private static final long RAM_BYTES = 16L << 20;
    private static final long RAM_GPA = 1L << 30;
    private static final long DRIVER_AT = 0x1000;
    private static final long DEVICE_AT = 0x2000;
    private static final long HEADERS_AT = 0x4000;
    private static final int HEADER_BYTES = 16;
    private static final long DATA_AT = 1L << 20;
    private static final int DATA_BYTES = 4096;
    private static final long NEXT = 1;
    private static final long WRITE = 2;
    private static final long PACKED_AVAIL = 1 << 7;
    private static final long PACKED_USED = 1 << 15;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORTS = SHORT.varHandle();

    /// The ring's format.
    @Param({"split", "packed"}) public String ring = "split";

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ram = arena.allocate(RAM_BYTES, 4096);
    private final DescriptorChain chain = new DescriptorChain();
    private RingQueue queue;
    private boolean packed;
    private int availIdx;
    private int nextSlot;
    private boolean wrap = true;
    long interrupts;

    /// Makes the queue and what of the ring does not change.
    @Setup(Level.Trial)
    public void prepare() {
        packed = ring.equals("packed");
        GuestMemory memory = new GuestMemory();
        memory.add(new GuestRegion(RAM_GPA, RAM_BYTES, GuestRegion.Purpose.RAM, GuestRegion.HostAccess.ALL, ram));
        long features = VirtioFeature.VERSION_1 | VirtioFeature.EVENT_IDX | VirtioFeature.INDIRECT_DESC
                | (packed ? VirtioFeature.RING_PACKED : 0);
        if (!packed) {
            for (int i = 0; i < CHAINS; i++) {
                descriptor(2 * i, RAM_GPA + HEADERS_AT + (long) HEADER_BYTES * i, HEADER_BYTES, NEXT | (2L * i + 1) << 16);
                descriptor(2 * i + 1, RAM_GPA + DATA_AT + (long) DATA_BYTES * i, DATA_BYTES, WRITE);
            }
            for (int i = 0; i < SIZE; i++) {
                ram.set(SHORT, DRIVER_AT + 4 + 2L * i, (short) (2 * (i % CHAINS)));
            }
        }
        queue = RingQueue.create(new QueueConfig(0, SIZE, RAM_GPA, RAM_GPA + DRIVER_AT, RAM_GPA + DEVICE_AT, features),
                new GuestDeviceMemory(memory, (gpa, lengthBytes) -> {}));
    }

    private void descriptor(int slot, long address, int lengthBytes, long high) {
        ram.set(LONG, 16L * slot, address);
        ram.set(LONG, 16L * slot + 8, lengthBytes | high << 32);
    }

    /// Offers 64 chains, takes and completes all that are there.
    /// @return how many chains there were
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int batch(ProcessorTime time) {
        int taken = batch();
        time.chains += taken;
        return taken;
    }

    int batch() {
        if (packed) {
            offerPacked();
        } else {
            availIdx = (availIdx + BATCH) & 0xFFFF;
            SHORTS.setRelease(ram, DRIVER_AT + 2, (short) availIdx);
        }
        int taken = 0;
        while (queue.next(chain)) {
            queue.complete(chain, DATA_BYTES);
            taken++;
        }
        if (queue.publish()) {
            interrupts++;
        }
        return taken;
    }

    /// The processor time of an iteration: on a machine with other work it says more than the time of the clock.
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class ProcessorTime {
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        /// Chains of this iteration.
        public long chains;
        /// Processor time of this iteration.
        public long nanos;
        private long begin;

        /// Starts the clock.
        @Setup(Level.Iteration)
        public void start() {
            chains = 0;
            begin = THREADS.getCurrentThreadCpuTime();
        }

        /// Stops the clock.
        @TearDown(Level.Iteration)
        public void stop() {
            nanos = THREADS.getCurrentThreadCpuTime() - begin;
        }
    }

    private void offerPacked() {
        for (int i = 0; i < BATCH; i++) {
            int id = nextSlot / 2;
            long flags = wrap ? PACKED_AVAIL : PACKED_USED;
            descriptor(nextSlot + 1, RAM_GPA + DATA_AT + (long) DATA_BYTES * id, DATA_BYTES, id | (WRITE | flags) << 16);
            descriptor(nextSlot, RAM_GPA + HEADERS_AT + (long) HEADER_BYTES * id, HEADER_BYTES, id | (NEXT | flags) << 16);
            nextSlot += 2;
            if (nextSlot == SIZE) {
                nextSlot = 0;
                wrap = !wrap;
            }
        }
        VarHandle.releaseFence();
    }

    /// Frees guest memory.
    @TearDown(Level.Trial)
    public void release() {
        arena.close();
    }
}
