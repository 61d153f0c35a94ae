package testudo.testing.machine;

import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import testudo.spi.hypervisor.BootState;
import testudo.spi.hypervisor.StopReason;
import testudo.spi.hypervisor.Vcpu;
import testudo.spi.hypervisor.VmExitHandler;
import testudo.spi.memory.GuestMemory;

/// A vCPU whose guest is a thread: each of its accesses is handed to the thread that is in [#run], which answers it there.
final class FakeVcpu implements Vcpu {
    private final int index;
    private final GuestMemory memory;
    private final Thread guest;
    private final BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
    private final SynchronousQueue<Long> answers = new SynchronousQueue<>();
    private boolean started;
    private @Nullable Exit halted;

    FakeVcpu(int index, GuestProgram program, GuestMemory memory) {
        this.index = index;
        this.memory = memory;
        guest = Thread.ofPlatform().name("guest" + index).daemon(true).unstarted(() -> execute(program));
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public void setBootState(BootState state) {
        // programs start at their beginning
    }

    @Override
    public StopReason run(VmExitHandler handler) {
        if (!started) {
            started = true;
            guest.start();
        }
        try {
            while (true) {
                Exit exit = halted != null ? halted : exits.take();
                halted = null;
                switch (exit.kind) {
                    case KICK -> {
                        return StopReason.KICKED;
                    }
                    case SHUTDOWN -> {
                        return StopReason.SHUTDOWN;
                    }
                    case HALT -> {
                        int vector = handler.pendingInterrupt();
                        if (vector < 0) {
                            halted = exit;
                            return StopReason.HALTED;
                        }
                        handler.interruptAccepted(vector);
                        answers.put((long) vector);
                    }
                    case ACCESS -> answers.put(exit.action.applyAsLong(handler));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return StopReason.KICKED;
        }
    }

    @Override
    public String stopDetail() {
        return "a guest in Java has no registers";
    }

    @Override
    public void kick() {
        exits.add(new Exit(Kind.KICK, handler -> 0));
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        return Optional.empty();
    }

    void end() {
        guest.interrupt();
    }

    private void execute(GuestProgram program) {
        try {
            program.run(new Cpu());
            new Cpu().halt();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private enum Kind {
        ACCESS, HALT, SHUTDOWN, KICK
    }

    private record Exit(Kind kind, ToLongFunction<VmExitHandler> action) {}

    private final class Cpu implements GuestCpu {
        @Override
        public int index() {
            return index;
        }

        @Override
        public GuestMemory memory() {
            return memory;
        }

        @Override
        public int in(int port, int sizeBytes) throws InterruptedException {
            return (int) access(handler -> handler.portRead(port, sizeBytes));
        }

        @Override
        public void out(int port, int sizeBytes, int value) throws InterruptedException {
            access(handler -> handler.portWrite(port, sizeBytes, value) ? 1 : 0);
        }

        @Override
        public long load(long gpa, int sizeBytes) throws InterruptedException {
            return access(handler -> handler.mmioRead(gpa, sizeBytes));
        }

        @Override
        public void store(long gpa, int sizeBytes, long value) throws InterruptedException {
            access(handler -> handler.mmioWrite(gpa, sizeBytes, value) ? 1 : 0);
        }

        @Override
        public int halt() throws InterruptedException {
            exits.put(new Exit(Kind.HALT, handler -> 0));
            return Math.toIntExact(answers.take());
        }

        @Override
        public int poll() throws InterruptedException {
            return (int) access(handler -> {
                int vector = handler.pendingInterrupt();
                if (vector >= 0) {
                    handler.interruptAccepted(vector);
                }
                return vector;
            });
        }

        @Override
        public void shutDown() throws InterruptedException {
            exits.put(new Exit(Kind.SHUTDOWN, handler -> 0));
            answers.take();
        }

        private long access(ToLongFunction<VmExitHandler> action) throws InterruptedException {
            exits.put(new Exit(Kind.ACCESS, action));
            return answers.take();
        }
    }
}
