package testudo.plugin.virtio.block;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import testudo.spi.device.EventLoop;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskQueue;
import testudo.spi.memory.BufferList;

/// A disk in memory whose operations are done when the test says so, or at once.
class RamImage implements DiskImage {
    byte[] bytes;
    private MemorySegment memory;
    boolean immediate = true;
    int failWith;
    int flushes;
    int openQueues;
    final Deque<Runnable> pending = new ArrayDeque<>();

    RamImage(int sizeBytes) {
        bytes = new byte[sizeBytes];
        memory = MemorySegment.ofArray(bytes);
    }

    @Override
    public long sizeBytes() {
        return bytes.length;
    }

    @Override
    public boolean sparse() {
        return true;
    }

    @Override
    public int alignmentBytes() {
        return 1;
    }

    @Override
    public DiskQueue newQueue(EventLoop loop, int depth, DiskQueue.Completion completion) {
        openQueues++;
        return new RamQueue(completion);
    }

    @Override
    public int resize(long sizeBytes) {
        bytes = Arrays.copyOf(bytes, (int) sizeBytes);
        memory = MemorySegment.ofArray(bytes);
        return 0;
    }

    @Override
    public void close() {}

    class RamQueue implements DiskQueue {
        private final Completion completion;

        RamQueue(Completion completion) {
            this.completion = completion;
        }

        private void run(long token, Runnable work) {
            Runnable operation = () -> {
                if (failWith == 0) {
                    work.run();
                }
                completion.completed(token, failWith);
            };
            if (immediate) {
                operation.run();
            } else {
                pending.add(operation);
            }
        }

        @Override
        public void read(long position, BufferList to, long lengthBytes, long token) {
            if (immediate && failWith == 0) {
                // Without a task, so that a test can count what the device allocates.
                to.write(memory, position, lengthBytes);
                completion.completed(token, 0);
                return;
            }
            run(token, () -> to.write(memory, position, lengthBytes));
        }

        @Override
        public void write(long position, BufferList from, long lengthBytes, long token) {
            run(token, () -> from.read(memory, position, lengthBytes));
        }

        @Override
        public void flush(long token) {
            run(token, () -> flushes++);
        }

        @Override
        public void discard(long position, long lengthBytes, long token) {
            run(token, () -> Arrays.fill(bytes, (int) position, (int) (position + lengthBytes), (byte) 0));
        }

        @Override
        public void writeZeroes(long position, long lengthBytes, boolean mayUnmap, long token) {
            discard(position, lengthBytes, token);
        }

        @Override
        public void submit() {}

        @Override
        public void drain() {
            while (!pending.isEmpty()) {
                pending.remove().run();
            }
        }

        @Override
        public void close() {
            openQueues--;
        }
    }
}
