package testudo.core.machine;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices;
import testudo.spi.device.MachineServices.MachineEvent;
import testudo.spi.host.Poller;

/// A device process, while its machine runs: it is asked to do commands, and asks for the little that it was granted. On its device's loop.
///
/// The process may have been taken over: what it says is checked, and one that says what can't be is not listened to any more.
final class DeviceControl implements ControlRequests.Answering, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceControl.class);
    private static final int MAX_PENDING = 64;
    private static final String GONE = "the device's process does not answer";

    private final String device;
    private final ControlChannel channel;
    private final MachineServices machine;
    private final boolean mayEnd;
    private final Map<Long, CompletableFuture<Optional<Object>>> pending = new HashMap<>();
    private final EventLoop.Watch watch;
    private long last;
    private boolean over;

    /// Listens from now on.
    /// @param device its name
    /// @param channel stays the caller's, and is closed after this
    /// @param loop the device's
    /// @param machine told what the process may say of it
    /// @param mayEnd whether the process may end the machine: its user does so with a key
    DeviceControl(String device, ControlChannel channel, EventLoop loop, MachineServices machine, boolean mayEnd) {
        this.device = device;
        this.channel = channel;
        this.machine = machine;
        this.mayEnd = mayEnd;
        watch = loop.watch(channel.socket(), Poller.READABLE, ready -> receive());
    }

    @Override
    public CompletionStage<Optional<Object>> ask(String tag, Object body) {
        if (over || pending.size() == MAX_PENDING) {
            return answered(over ? GONE : "the device has %d commands to answer already".formatted(MAX_PENDING));
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(HostedCommands.COMMAND, ++last);
        json.put(HostedCommands.TAG, tag);
        json.put(HostedCommands.BODY, body);
        try {
            channel.send(JsonText.write(json));
        } catch (VmmException failed) { // it does not read, or the command is too long: the machine goes on
            return answered(String.valueOf(failed.getMessage()));
        }
        CompletableFuture<Optional<Object>> answer = new CompletableFuture<>();
        pending.put(last, answer);
        return answer;
    }

    private CompletionStage<Optional<Object>> answered(String error) {
        return CompletableFuture.completedFuture(Optional.of(Map.of("ErrString", device + ": " + error)));
    }

    private void receive() {
        boolean goesOn = false;
        try {
            goesOn = channel.drain(this::take);
        } catch (RuntimeException wrong) { // neither a hostile message nor what a client does with an answer may hurt the machine
            LOG.warn("{}: its process says what can't be, and is not listened to any more: {}", device, wrong.getMessage());
        }
        if (!goesOn) {
            close();
        }
    }

    private void take(String message) {
        if (!(JsonText.read(message) instanceof Map<?, ?> said)) {
            throw new VmmException.Config("no object");
        }
        if (said.get(HostedCommands.EVENT) != null) {
            if (!mayEnd || !MachineEvent.EXIT.name().equals(said.get(HostedCommands.EVENT))) {
                throw new VmmException.Config("an event that it may not report");
            }
            machine.event(MachineEvent.EXIT, 0);
            return;
        }
        CompletableFuture<Optional<Object>> waiting = said.get(HostedCommands.COMMAND) instanceof Long number
                ? pending.remove(number)
                : null;
        if (waiting == null) {
            throw new VmmException.Config("an answer that nobody waits for");
        }
        waiting.complete(Optional.ofNullable((Object) said.get(HostedCommands.ANSWER)));
    }

    /// Listens no more; who waits for an answer is told that there is none. Idempotent.
    @Override
    public void close() {
        over = true;
        watch.cancel();
        List<CompletableFuture<Optional<Object>>> waiting = List.copyOf(pending.values());
        pending.clear();
        waiting.forEach(each -> each.complete(Optional.of(Map.of("ErrString", device + ": " + GONE))));
    }
}
