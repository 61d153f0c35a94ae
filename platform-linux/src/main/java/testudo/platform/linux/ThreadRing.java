package testudo.platform.linux;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import testudo.platform.linux.call.Errno;
import testudo.platform.linux.call.OpenDescriptor;
import testudo.platform.linux.call.Syscall;
import testudo.platform.linux.call.SystemCall;
import testudo.spi.host.HostFile;
import testudo.spi.host.IoRing;
import testudo.spi.memory.BufferList;

/// A ring without io_uring: threads make blocking calls and signal an eventfd. A disk that answers several requests at a time gets several:
/// another thread starts whenever more is queued than threads are idle, up to a limit, and stays. With a limit of none, who submits makes the
/// calls: what was submitted has then completed.
final class ThreadRing implements IoRing, OpenDescriptor {
    private enum Operation {
        READ, WRITE, FLUSH, PUNCH_HOLE, WRITE_ZEROES
    }

    /// How many threads pay, for files of this kind of host.
    static final int MAX_WORKERS = 8;

    private final Arena arena = Arena.ofShared();
    private final LinuxEvent completed = (LinuxEvent) new LinuxEvents().newEvent();
    private final RingSlots slots;
    private final Operation[] operations;
    private final LinuxFile[] files;
    private final long[] positions;
    private final long[] lengths;
    private final int[] results;
    private final SlotQueue todo;
    private final SlotQueue done;
    private final int[] queued;
    private int queuedCount;
    private final int mostWorkers;
    private final List<Thread> workers = new ArrayList<>();

    /// @param depth how many operations can be under way
    /// @param mostWorkers how many threads make calls at most; 0: [#submit] makes them
    ThreadRing(int depth, int mostWorkers) {
        this.mostWorkers = mostWorkers;
        slots = new RingSlots(depth, arena);
        operations = new Operation[depth];
        files = new LinuxFile[depth];
        positions = new long[depth];
        lengths = new long[depth];
        results = new int[depth];
        queued = new int[depth];
        todo = new SlotQueue(depth);
        done = new SlotQueue(depth);
    }

    @Override
    public int descriptor() {
        return completed.descriptor();
    }

    @Override
    public int space() {
        return slots.space();
    }

    @Override
    public boolean read(HostFile file, long position, BufferList to, long lengthBytes, long token) {
        return transfer(Operation.READ, file, position, to, lengthBytes, token);
    }

    @Override
    public boolean write(HostFile file, long position, BufferList from, long lengthBytes, long token) {
        return transfer(Operation.WRITE, file, position, from, lengthBytes, token);
    }

    private boolean transfer(
            Operation operation, HostFile file, long position, BufferList list, long lengthBytes, long token) {
        if (slots.space() == 0 || !RingSlots.fits(list, lengthBytes)) {
            return false;
        }
        int slot = slots.take(token);
        try {
            int pieces = slots.fill(slot, list, lengthBytes, operation == Operation.READ);
            queue(slot, operation, file, position, pieces);
        } catch (RuntimeException refused) {
            slots.release(slot);
            throw refused;
        }
        return true;
    }

    @Override
    public boolean flush(HostFile file, long token) {
        if (slots.space() == 0) {
            return false;
        }
        queue(slots.take(token), Operation.FLUSH, file, 0, 0);
        return true;
    }

    @Override
    public boolean allocate(HostFile file, RangeOperation operation, long position, long lengthBytes, long token) {
        if (slots.space() == 0) {
            return false;
        }
        Operation what = switch (operation) {
            case PUNCH_HOLE -> Operation.PUNCH_HOLE;
            case WRITE_ZEROES -> Operation.WRITE_ZEROES;
        };
        queue(slots.take(token), what, file, position, lengthBytes);
        return true;
    }

    private void queue(int slot, Operation operation, HostFile file, long position, long length) {
        operations[slot] = operation;
        files[slot] = (LinuxFile) file;
        positions[slot] = position;
        lengths[slot] = length;
        queued[queuedCount++] = slot;
    }

    @Override
    public void submit() {
        for (int i = 0; i < queuedCount; i++) {
            if (mostWorkers == 0) {
                finish(queued[i]);
                continue;
            }
            todo.put(queued[i]);
            if (workers.size() < mostWorkers && todo.isBusy()) {
                addWorker();
            }
        }
        queuedCount = 0;
    }

    private void addWorker() {
        Thread worker = new Thread(this::work, "io-ring");
        worker.setDaemon(true);
        worker.start();
        workers.add(worker);
    }

    @Override
    public int complete(Completion to) {
        completed.consume();
        int count = 0;
        for (int slot = done.poll(); slot >= 0; slot = done.poll()) {
            to.completed(slots.release(slot), results[slot]);
            count++;
        }
        return count;
    }

    private void work() {
        for (int slot = todo.take(); slot >= 0; slot = todo.take()) {
            finish(slot);
        }
    }

    private void finish(int slot) {
        results[slot] = perform(slot);
        done.put(slot);
        completed.signal();
    }

    private int perform(int slot) {
        LinuxFile file = files[slot];
        long position = positions[slot];
        return switch (operations[slot]) {
            case READ -> vector(SystemCall.PREADV, file, slot, position);
            case WRITE -> vector(SystemCall.PWRITEV, file, slot, position);
            case FLUSH -> file.flush();
            case PUNCH_HOLE -> file.punchHole(position, lengths[slot]);
            case WRITE_ZEROES -> file.writeZeroes(position, lengths[slot]);
        };
    }

    private int vector(SystemCall call, LinuxFile file, int slot, long position) {
        long result;
        do {
            result = Syscall.call(call, file.descriptor(), slots.vector(slot), lengths[slot], position, 0, 0);
        } while (result == -Errno.EINTR);
        return (int) result;
    }

    @Override
    public void close() {
        todo.end();
        boolean interrupted = false;
        for (Thread worker : workers) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException interruption) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        completed.close();
        synchronized (this) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
