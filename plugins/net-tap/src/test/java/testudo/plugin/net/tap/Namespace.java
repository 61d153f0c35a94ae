package testudo.plugin.net.tap;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Assumptions;

/// An empty network of one thread, which goes with the thread: what a test makes there nobody else sees.
final class Namespace implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x4000_0000;

    private final ExecutorService thread = Executors.newSingleThreadExecutor();

    /// What a test does inside.
    @FunctionalInterface
    interface Body {
        void run() throws Exception;
    }

    /// Skips the test where such a network can't be made.
    Namespace() {
        int result;
        try {
            result = thread.submit(Namespace::unshare).get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
        if (result != 0 || !Files.isWritable(Path.of("/dev/net/tun"))) {
            thread.shutdown();
            Assumptions.abort("needs root and /dev/net/tun, to make taps in a network namespace");
        }
    }

    @SuppressWarnings("restricted") // downcallHandle
    private static int unshare() {
        // NATIVE: int unshare(int flags). No pointers; changes the calling thread only.
        MethodHandle call = Linker.nativeLinker().downcallHandle(
                Linker.nativeLinker().defaultLookup().findOrThrow("unshare"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        try {
            return (int) call.invokeExact(CLONE_NEWNET);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    void run(Body body) throws Exception {
        try {
            thread.submit(() -> {
                body.run();
                return true;
            }).get();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof Error error) {
                throw error;
            }
            throw failure;
        }
    }

    @Override
    public void close() {
        thread.shutdown();
    }
}
