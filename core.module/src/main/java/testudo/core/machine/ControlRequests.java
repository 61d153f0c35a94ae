package testudo.core.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import testudo.spi.command.CommandTarget;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices.MachineEvent;

/// Answers the requests of the control socket: its own, and those that a device accepts. On the machine's loop.
final class ControlRequests {
    private static final int EOPNOTSUPP = 95;

    private final MachineEvents events;
    private final List<Target> targets = new ArrayList<>();
    private @Nullable HotPlug hotPlug;

    ControlRequests(MachineEvents events) {
        this.events = events;
    }

    /// A device that may answer a command; called on the thread that owns it.
    @FunctionalInterface
    interface Answering {
        /// @return the response; nothing when the command is not for this device
        CompletionStage<Optional<Object>> ask(String tag, Object body);
    }

    /// A device that answers commands, and the thread that owns it.
    private record Target(Answering device, EventLoop loop) {}

    void add(CommandTarget device, EventLoop loop) {
        add(local(device), loop);
    }

    void add(Answering device, EventLoop loop) {
        targets.add(new Target(device, loop));
    }

    /// A device of this process.
    static Answering local(CommandTarget device) {
        return (tag, body) -> device.accepts(tag, body)
                ? device.execute(tag, body).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.empty());
    }

    /// Sets what adds devices. Before the first request.
    void hotPlug(HotPlug slots) {
        hotPlug = slots;
    }

    CompletionStage<Object> handle(String tag, Object body) {
        if (tag.equals("Exit")) {
            events.event("control socket", MachineEvent.EXIT, 0);
            return CompletableFuture.completedFuture("Ok");
        }
        Optional<CompletionStage<Object>> plugged = hotPlug == null ? Optional.empty() : hotPlug.handle(tag, body);
        return plugged.orElseGet(() -> ask(0, tag, body));
    }

    /// Asks the targets one after the other, each on its own thread, until one accepts.
    private CompletionStage<Object> ask(int index, String tag, Object body) {
        if (index == targets.size()) {
            return CompletableFuture.completedFuture(Map.of("Err", (long) EOPNOTSUPP));
        }
        Target target = targets.get(index);
        CompletableFuture<Object> answer = new CompletableFuture<>();
        target.loop().execute(() -> {
            try {
                CompletionStage<Object> next = target.device().ask(tag, body).thenCompose(
                        said -> said.<CompletionStage<Object>>map(CompletableFuture::completedFuture)
                                .orElseGet(() -> ask(index + 1, tag, body)));
                next.whenComplete((value, failure) -> {
                    if (failure == null) {
                        answer.complete(value);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                });
            } catch (RuntimeException e) { // a malformed body must not take the device down
                answer.completeExceptionally(e);
            }
        });
        return answer;
    }
}
