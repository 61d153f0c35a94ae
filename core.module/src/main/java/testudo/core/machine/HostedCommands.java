package testudo.core.machine;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import testudo.core.option.JsonText;
import testudo.spi.VmmException;
import testudo.spi.device.EventLoop;
import testudo.spi.device.MachineServices.MachineEvent;

/// The control channel of a device process once its device runs: commands come, answers go. On the process's own loop; the device answers on its.
final class HostedCommands {
    /// A command's number, in a command and in its answer.
    static final String COMMAND = "command";
    /// What kind of command.
    static final String TAG = "tag";
    /// Its body.
    static final String BODY = "body";
    /// The response; missing when the command is not for the device.
    static final String ANSWER = "answer";
    /// What the device reports of the machine.
    static final String EVENT = "event";
    private static final Logger LOG = LoggerFactory.getLogger(HostedCommands.class);

    private final ControlChannel control;
    private final EventLoop loop;
    private final Optional<ControlRequests.Answering> device;
    private final EventLoop owner;

    /// @param control the channel
    /// @param loop uses it from now on
    /// @param device the device, when it answers commands
    /// @param owner the device's thread
    HostedCommands(ControlChannel control, EventLoop loop, Optional<ControlRequests.Answering> device, EventLoop owner) {
        this.control = control;
        this.loop = loop;
        this.device = device;
        this.owner = owner;
    }

    /// Does what the machine asks for.
    /// @return false when the machine has gone
    boolean serve() {
        return control.drain(this::take);
    }

    private void take(String message) {
        if (JsonText.read(message) instanceof Map<?, ?> json && json.get(COMMAND) instanceof Long number && json.get(BODY) != null) {
            String tag = String.valueOf(json.get(TAG));
            Object body = json.get(BODY);
            device.ifPresentOrElse(
                    answering -> owner.execute(() -> ask(answering, number, tag, body)), () -> answer(number, Optional.empty()));
        }
    }

    private void ask(ControlRequests.Answering answering, long number, String tag, Object body) {
        try {
            CompletionStage<Optional<Object>> answer = answering.ask(tag, body);
            answer.whenComplete((value, failure) -> loop.execute(
                    () -> answer(number, failure == null
                            ? value
                            : Optional.of(Map.of("ErrString", String.valueOf(failure.getMessage()))))));
        } catch (RuntimeException malformed) { // must not take the device down
            loop.execute(() -> answer(number, Optional.of(Map.of("ErrString", String.valueOf(malformed.getMessage())))));
        }
    }

    private void answer(long number, Optional<Object> value) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put(COMMAND, number);
        value.ifPresent(present -> json.put(ANSWER, present));
        send(json);
    }

    /// Tells the machine what its user wants, typed at this device.
    void report(MachineEvent event) {
        loop.execute(() -> send(Map.of(EVENT, event.name())));
    }

    private void send(Map<String, Object> json) {
        try {
            control.send(JsonText.write(json));
        } catch (VmmException gone) { // who asked has gone, and this process ends when its connection does
            LOG.debug("an answer finds nobody: {}", gone.getMessage());
        }
    }
}
