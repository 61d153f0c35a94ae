package testudo.core.virtio;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;

/// Questions to a device: asked on the loop that owns it, and waited for with a time limit. Any thread.
final class DeviceCalls {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceCalls.class);
    private static final long WAIT_SECONDS = 10;

    private final String id;
    private final EventLoop loop;
    private final Consumer<Throwable> failed;

    /// @param failed told what a question has thrown
    DeviceCalls(String id, EventLoop loop, Consumer<Throwable> failed) {
        this.id = id;
        this.loop = loop;
        this.failed = failed;
    }

    /// Asks.
    /// @param question what to do
    /// @param otherwise the answer when there is none
    /// @param what the question in words, for the log
    <T> T ask(Supplier<T> question, T otherwise, String what) {
        if (loop.isCurrent()) {
            return question.get();
        }
        try {
            return on(question).get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException e) {
            LOG.error("{}: did not {} within {} s", id, what, WAIT_SECONDS);
        } catch (ExecutionException e) {
            failed.accept(e.getCause() == null ? e : e.getCause());
        }
        return otherwise;
    }

    /// Tells it to do something.
    /// @param action what to do
    /// @param what the action in words, for the log
    void tell(Runnable action, String what) {
        ask(
                () -> {
                    action.run();
                    return true;
                },
                false,
                what);
    }

    /// Tells it to do what must be done.
    /// @throws VmmException what the action throws, or when it is not done in time
    void require(Runnable action, String what) {
        demand(
                () -> {
                    action.run();
                    return true;
                },
                what);
    }

    /// Asks what must be answered.
    /// @throws VmmException what the question throws, or when it is not answered in time
    <T> T demand(Supplier<T> question, String what) {
        try {
            return on(question).get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmmException.Host(VmmException.Kind.IO, "%s: interrupted while it should %s".formatted(id, what));
        } catch (TimeoutException e) {
            throw new VmmException.Host(VmmException.Kind.IO, "%s: did not %s within %d s".formatted(id, what, WAIT_SECONDS));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e);
        }
    }

    private <T> CompletableFuture<T> on(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        loop.execute(() -> {
            try {
                answer.complete(question.get());
            } catch (RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }
}
