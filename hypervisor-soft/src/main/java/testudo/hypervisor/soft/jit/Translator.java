package testudo.hypervisor.soft.jit;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import testudo.hypervisor.soft.cpu.Hart;

/// Translates the hot code of one machine, on a thread of its own.
///
/// Harts discover regions and ask for them; the thread makes classes of them and puts these into the table. Made and closed by the
/// machine; the thread starts with the first request.
public final class Translator implements AutoCloseable {
    /// Most regions at a time.
    private static final int MAXIMUM_REGIONS = 8192;
    /// Most bytes of their class files.
    private static final long MAXIMUM_BYTES = 48L << 20;
    private static final int QUEUED = 64;
    /// How often a jump leads somewhere before that is translated.
    private static final int THRESHOLD = 20_000;
    /// How many instructions a region executes before HotSpot is given a version that takes longer to compile and less to run.
    private static final long HOT = 20_000_000;
    /// How often a region is entered, to no effect, before a hart may: as often as HotSpot wants before it compiles (ADR 014).
    private static final int REHEARSALS = 650;

    /// The bounds of what a machine's translations may take, and how eager it is.
    ///
    /// @param regions most regions at a time
    /// @param bytes most bytes of their class files
    /// @param threshold how often a jump leads somewhere before that is translated
    /// @param hot how many instructions a region executes before it is translated anew, with memory accesses inlined
    /// @param inBackground whether the hart that asks goes on meanwhile; if not, runs are repeatable
    record Limits(int regions, long bytes, int threshold, long hot, boolean inBackground) {}

    /// A region to translate, for the hart that met it at `pc`.
    /// @param hot the region's translation so far, for a better one to take its place; null for none
    record Request(HartTranslations hart, long pc, Region region, long fences, @Nullable Installed hot) {}

    final Limits limits;
    final TranslationTable table;
    final Penalties penalties = new Penalties();
    /// Counts the `fence.i` of all harts.
    final AtomicLong fences = new AtomicLong();
    private final BlockingQueue<Request> queue = new ArrayBlockingQueue<>(QUEUED);
    private @Nullable Thread thread;
    private boolean closed;
    private final AtomicLong translated = new AtomicLong();

    /// Makes one; nothing runs yet.
    public Translator() {
        this(new Limits(MAXIMUM_REGIONS, MAXIMUM_BYTES, THRESHOLD, HOT, true));
    }

    Translator(Limits limits) {
        this.limits = limits;
        table = new TranslationTable(limits.regions, limits.bytes);
    }

    /// Lets a hart of the machine run translated code.
    ///
    /// @param hart the hart, which does not run yet
    /// @return what its thread asks to run it
    public HartTranslations attach(Hart hart) {
        return new HartTranslations(this, hart);
    }

    /// How many regions have been translated since the start. Any thread.
    ///
    /// @return 0 or more
    public long translated() {
        return translated.get();
    }

    /// Asks for a translation. A full queue refuses: code that stays hot is asked for again.
    /// @return whether it is accepted
    boolean request(Request request) {
        if (!limits.inBackground) {
            translate(request);
            return true;
        }
        boolean accepted = queue.offer(request);
        if (accepted) {
            start();
        }
        return accepted;
    }

    private synchronized void start() {
        if (thread == null && !closed) {
            thread = Thread.ofPlatform().daemon().name("translator").start(this::serve);
        }
    }

    private void serve() {
        try {
            while (true) {
                translate(queue.take());
            }
        } catch (InterruptedException e) {
            // Closed: nothing waits for what is still queued.
            queue.clear();
        }
    }

    private void translate(Request request) {
        Installed before = request.hot;
        byte[] type = RegionEmitter.emit(request.region, before != null);
        Translation code = define(type, request.hart.ram());
        for (int i = 0; i < REHEARSALS; i++) {
            code.run(request.hart.idle, 0, 0, 0); // without a budget: leaves at once
        }
        translated.incrementAndGet();
        if (before != null) {
            before.code = code;
            return;
        }
        code.heat = limits.hot;
        table.add(new Installed(code, request.region, type.length, request.fences));
        request.hart.published(request.pc);
    }

    private static Translation define(byte[] type, MemorySegment ram) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClassWithClassData(type, ram, true);
            return (Translation) lookup.findConstructor(lookup.lookupClass(), MethodType.methodType(void.class)).invoke();
        } catch (Throwable e) {
            throw new IllegalStateException("a translated region is not a valid class", e);
        }
    }

    /// Stops the thread. Idempotent.
    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closed = true;
            running = thread;
        }
        if (running == null) {
            return;
        }
        running.interrupt();
        boolean interrupted = false;
        while (running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
