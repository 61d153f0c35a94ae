package testudo.plugin.virtio.balloon;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import testudo.spi.device.EventLoop;
import testudo.spi.host.HostEvents;
import testudo.spi.host.HostTimer;
import testudo.spi.host.Poller;

/// Commands whose answer depends on the guest, which may never give it.
final class WaitingCommands implements AutoCloseable {
    static final int MAX_WAITING = 16;
    static final long STATISTICS_NANOS = 5_000_000_000L;
    private static final long EBUSY = 16;

    private final List<CompletableFuture<Object>> forStatistics = new ArrayList<>();
    private final List<CompletableFuture<Object>> forSize = new ArrayList<>();
    private final HostTimer timer;
    private final EventLoop.Watch watch;
    private boolean closed;

    WaitingCommands(HostEvents events, EventLoop loop) {
        timer = events.newTimer();
        watch = loop.watch(timer, Poller.READABLE, ready -> late());
    }

    static CompletionStage<Object> answered(Object response) {
        return CompletableFuture.completedStage(response);
    }

    boolean wantsStatistics() {
        return !forStatistics.isEmpty();
    }

    /// Waits for the guest's next report, 5 seconds at most.
    CompletionStage<Object> statistics() {
        timer.arm(STATISTICS_NANOS, 0);
        return add(forStatistics);
    }

    void statistics(Object response) {
        timer.disarm();
        complete(forStatistics, response);
    }

    /// Waits until the balloon has the size it should have.
    CompletionStage<Object> size() {
        return add(forSize);
    }

    /// A command changes the size: those that wait for another one wait in vain.
    void sizeChanged() {
        complete(forSize, error("the size was changed again"));
    }

    void sizeReached(boolean reached) {
        if (reached) {
            complete(forSize, "Ok");
        }
    }

    /// The driver is gone.
    void failAll() {
        complete(forStatistics, error("the guest's balloon driver is gone"));
        complete(forSize, error("the guest's balloon driver is gone"));
    }

    private void late() {
        timer.consume();
        complete(forStatistics, error("the guest's balloon driver does not answer"));
    }

    private static CompletionStage<Object> add(List<CompletableFuture<Object>> commands) {
        if (commands.size() == MAX_WAITING) {
            return answered(Map.of("Err", EBUSY));
        }
        CompletableFuture<Object> command = new CompletableFuture<>();
        commands.add(command);
        return command;
    }

    private static Map<String, Object> error(String text) {
        return Map.of("ErrString", text);
    }

    private static void complete(List<CompletableFuture<Object>> commands, Object response) {
        List<CompletableFuture<Object>> done = List.copyOf(commands);
        commands.clear();
        done.forEach(command -> command.complete(response));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            watch.cancel();
            timer.close();
        }
    }
}
