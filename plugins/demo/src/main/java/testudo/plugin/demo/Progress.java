package testudo.plugin.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Says on standard error what takes long. On a terminal one line keeps changing; elsewhere there is a line at the start and one
/// at the end. Steps are started and ended by one thread, one at a time.
final class Progress {
    /// How long nothing is said.
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Duration PERIOD = Duration.ofMillis(250);
    private static final String CLEAR = "\r\u001B[K";

    private final PrintStream err;
    private final boolean terminal;
    private final Duration patience;

    /// Makes it.
    /// @param err standard error
    /// @param terminal whether that is a terminal
    /// @param patience how long a step may take before it is mentioned
    Progress(PrintStream err, boolean terminal, Duration patience) {
        this.err = err;
        this.terminal = terminal;
        this.patience = patience;
    }

    /// Something that takes time.
    final class Step implements AutoCloseable {
        private final String name;
        private final long start = System.nanoTime();
        private final CountDownLatch ended = new CountDownLatch(1);
        private final Thread thread;
        private volatile int percent = -1;
        private boolean shown;

        private Step(String name, BooleanSupplier done) {
            this.name = name;
            thread = Thread.ofVirtual().name("progress").start(() -> show(done));
        }

        /// Says how much is done.
        /// @param value 0 to 100
        void percent(int value) {
            percent = value;
        }

        private void show(BooleanSupplier done) {
            try {
                while (!ended.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS) && !done.getAsBoolean()) {
                    if (elapsed().compareTo(patience) >= 0) {
                        line();
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            if (shown) {
                err.print(terminal ? CLEAR : "testudo: %s: %d s%n".formatted(name, seconds()));
                err.flush();
            }
        }

        private void line() {
            if (terminal) {
                err.print(CLEAR + "testudo: " + name + " … " + (percent < 0 ? "" : percent + " %, ") + seconds() + " s");
                err.flush();
            } else if (!shown) {
                err.println("testudo: " + name + " …");
            }
            shown = true;
        }

        private Duration elapsed() {
            return Duration.ofNanos(System.nanoTime() - start);
        }

        private long seconds() {
            return elapsed().toSeconds();
        }

        /// The end of the step; afterwards nothing more is written.
        @Override
        public void close() {
            ended.countDown();
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// Starts a step.
    /// @param name what is done: `downloading the kernel`
    Step step(String name) {
        return step(name, () -> false);
    }

    /// Starts a step that ends by itself, at the latest when it is closed.
    /// @param name what is done
    /// @param done asked a few times a second, on a thread of its own
    Step step(String name, BooleanSupplier done) {
        return new Step(name, done);
    }
}
