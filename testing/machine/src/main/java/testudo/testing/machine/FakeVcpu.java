package testudo.testing.machine;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Objects;
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
    private final GuestProgram program;
    private Thread guest;
    private @Nullable BootState bootState;
    private final BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
    private final SynchronousQueue<Long> answers = new SynchronousQueue<>();
    private boolean started;
    private @Nullable Exit halted;
    private volatile @Nullable Throwable failure;

    FakeVcpu(int index, GuestProgram program, GuestMemory memory) {
        this.index = index;
        this.memory = memory;
        this.program = program;
        guest = newGuest();
    }

    private Thread newGuest() {
        return Thread.ofPlatform().name("guest" + index).daemon(true).unstarted(() -> execute(program));
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public void setBootState(BootState state) {
        bootState = state;
        if (started) { // a reset: the program starts at its beginning
            end();
            exits.removeIf(exit -> exit.kind != Kind.KICK);
            halted = null;
            started = false;
            guest = newGuest();
        }
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
                    case FAILURE -> {
                        return StopReason.FAILED;
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
                    case READ -> answers.put(exit.action.applyAsLong(handler));
                    case WRITE -> {
                        boolean goOn = exit.action.applyAsLong(handler) != 0;
                        answers.put(0L);
                        if (!goOn) {
                            return StopReason.HANDLER;
                        }
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return StopReason.KICKED;
        }
    }

    @Override
    public String stopDetail() {
        Throwable thrown = failure;
        if (thrown == null) {
            return "a guest in Java has no registers";
        }
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    @Override
    public void kick() {
        exits.add(new Exit(Kind.KICK, handler -> 0));
    }

    @Override
    public <T> Optional<T> capability(Class<T> type) {
        return Optional.empty();
    }

    /// Interrupts the guest and waits until it has ended: its memory is released next.
    void end() {
        boolean interrupted = false;
        while (guest.isAlive() && !interrupted) {
            guest.interrupt();
            try {
                guest.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void execute(GuestProgram program) {
        try {
            program.run(new Cpu());
            while (true) {
                new Cpu().halt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Throwable thrown) { // the program's own mistake, reported as a guest that can't go on
            failure = thrown;
            exits.add(new Exit(Kind.FAILURE, handler -> 0));
        }
    }

    private enum Kind {
        READ, WRITE, HALT, SHUTDOWN, FAILURE, KICK
    }

    private record Exit(Kind kind, ToLongFunction<VmExitHandler> action) {}

    private final class Cpu implements GuestCpu {
        @Override
        public int index() {
            return index;
        }

        @Override
        public BootState bootState() {
            return Objects.requireNonNull(bootState);
        }

        @Override
        public GuestMemory memory() {
            return memory;
        }

        @Override
        public int in(int port, int sizeBytes) throws InterruptedException {
            return (int) exit(Kind.READ, handler -> handler.portRead(port, sizeBytes));
        }

        @Override
        public void out(int port, int sizeBytes, int value) throws InterruptedException {
            exit(Kind.WRITE, handler -> handler.portWrite(port, sizeBytes, value) ? 1 : 0);
        }

        @Override
        public long load(long gpa, int sizeBytes) throws InterruptedException {
            return exit(Kind.READ, handler -> handler.mmioRead(gpa, sizeBytes));
        }

        @Override
        public void store(long gpa, int sizeBytes, long value) throws InterruptedException {
            exit(Kind.WRITE, handler -> handler.mmioWrite(gpa, sizeBytes, value) ? 1 : 0);
        }

        @Override
        public int halt() throws InterruptedException {
            return (int) exit(Kind.HALT, handler -> 0);
        }

        @Override
        public int poll() throws InterruptedException {
            return (int) exit(Kind.READ, handler -> {
                int vector = handler.pendingInterrupt();
                if (vector >= 0) {
                    handler.interruptAccepted(vector);
                }
                return vector;
            });
        }

        @Override
        public void shutDown() throws InterruptedException {
            exit(Kind.SHUTDOWN, handler -> 0);
        }

        private long exit(Kind kind, ToLongFunction<VmExitHandler> action) throws InterruptedException {
            exits.put(new Exit(kind, action));
            return answers.take();
        }
    }
}
