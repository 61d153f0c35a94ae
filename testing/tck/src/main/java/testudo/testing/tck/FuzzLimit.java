package testudo.testing.tck;

import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// How long a fuzz target may take for one input. A loop that never ends can't be interrupted: the process says which input it was, and ends.
public final class FuzzLimit implements AutoCloseable {
    private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long LOOK_MILLIS = 1000;
    private static final int EXIT = 77;
    private static final AtomicReference<@Nullable FuzzLimit> CURRENT = new AtomicReference<>();

    static {
        Thread.ofPlatform().daemon(true).name("fuzz-limit").start(FuzzLimit::watch);
    }

    private final byte[] input;
    private final long begin = System.nanoTime();

    /// The target starts with an input. One at a time.
    /// @param input is not changed
    public FuzzLimit(byte[] input) {
        this.input = input;
        CURRENT.set(this);
    }

    @Override
    public void close() {
        CURRENT.set(null);
    }

    private static void watch() {
        while (true) {
            FuzzLimit current = CURRENT.get();
            if (current != null && System.nanoTime() - current.begin > MOST_NANOS) {
                System.err.println("fuzz: no end with the input " + HexFormat.of().formatHex(current.input));
                Runtime.getRuntime().halt(EXIT);
            }
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
