package testudo.hypervisor.soft.jit;

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
    /// HotSpot leaves longer methods to its interpreter.
    private static final int COMPILED_BYTES = 8000;

    /// A region to translate, for the hart that met it at `pc`.
    record Request(HartTranslations hart, long pc, Region region, long fences) {
    }

    final TranslationTable table;
    final Penalties penalties = new Penalties();
    /// Counts the `fence.i` of all harts.
    final AtomicLong fences = new AtomicLong();
    private final BlockingQueue<Request> queue = new ArrayBlockingQueue<>(QUEUED);
    private @Nullable Thread thread;
    private boolean closed;
    private volatile long translated;

    /// Makes one; nothing runs yet.
    public Translator() {
        this(MAXIMUM_REGIONS, MAXIMUM_BYTES);
    }

    Translator(int maximumRegions, long maximumBytes) {
        table = new TranslationTable(maximumRegions, maximumBytes);
    }

    /// Lets a hart of the machine run translated code.
    ///
    /// @return what its thread asks to run it
    public HartTranslations attach(Hart hart) {
        return new HartTranslations(this, hart);
    }

    /// How many regions have been translated since the start. Any thread.
    public long translated() {
        return translated;
    }

    /// Asks for a translation. Returns at once; a full queue refuses.
    boolean request(Request request) {
        if (!queue.offer(request)) {
            return false;
        }
        start();
        return true;
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
        byte[] type = RegionEmitter.emit(request.region);
        Installed installed = new Installed(define(type), request.region, type.length, request.fences);
        table.add(installed);
        translated++;
        request.hart.published(request.pc);
    }

    private static Translation define(byte[] type) {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup().defineHiddenClass(type, true);
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
