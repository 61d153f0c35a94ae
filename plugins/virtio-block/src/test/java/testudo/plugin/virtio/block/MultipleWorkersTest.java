package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import testudo.spi.device.EventLoop;
import testudo.spi.disk.DiskQueue;
import testudo.spi.memory.BufferList;

/// With `multiple-workers` the queues of a disk are served at the same time, each by a thread of its own.
class MultipleWorkersTest {
    private static final int OK = 0;
    private static final int EIO = -5;
    private static final long LIMIT_SECONDS = 60;
    private static final byte[] READ = TestDisk.request(0, 0);

    private final Set<Thread> served = ConcurrentHashMap.newKeySet();

    /// A disk whose reads end when as many of them are under way as the barrier wants.
    private final class MeetingImage extends RamImage {
        private final CyclicBarrier barrier;

        MeetingImage(int parties) {
            super(1 << 20);
            barrier = new CyclicBarrier(parties);
        }

        @Override
        public DiskQueue newQueue(EventLoop loop, int depth, DiskQueue.Completion completion) {
            return new RamQueue(completion) {
                @Override
                public void read(long position, BufferList to, long lengthBytes, long token) {
                    served.add(Thread.currentThread());
                    completion.completed(token, meet());
                }
            };
        }

        private int meet() {
            try {
                barrier.await(LIMIT_SECONDS, TimeUnit.SECONDS);
                return OK;
            } catch (InterruptedException | BrokenBarrierException | TimeoutException _) {
                return EIO;
            }
        }
    }

    private void readOnEachQueue(boolean multipleWorkers, int parties) {
        try (LiveDisk disk = new LiveDisk(RealDisk.options(multipleWorkers), host -> new MeetingImage(parties), false)) {
            for (int queue = 0; queue < BlockDevice.QUEUES; queue++) {
                disk.send(queue, READ, 513, 16, false);
            }
            for (int queue = 0; queue < BlockDevice.QUEUES; queue++) {
                assertEquals(OK, disk.answer(queue).status(), "queue " + queue);
            }
        }
    }

    @Test
    void queuesAreServedAtTheSameTime() {
        readOnEachQueue(true, BlockDevice.QUEUES);
        assertEquals(BlockDevice.QUEUES, served.size());
    }

    @Test
    void withoutItOneThreadServesAll() {
        readOnEachQueue(false, 1);
        assertEquals(1, served.size());
    }
}
