package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// The few requests of QEMU's machine protocol that a restore needs. Answers are matched as text: each is one line.
final class Qmp implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final Pattern ANSWER = Pattern.compile("\\{\"(return|error)\".*\r?\n");
    private static final Pattern MIGRATION_END = Pattern.compile("\"event\": \"MIGRATION\".*\"status\": \"(completed|failed)\".*\r?\n");

    private final Port port;

    /// Takes the greeting and leaves negotiation mode.
    Qmp(Port port) throws IOException, InterruptedException {
        this.port = port;
        port.expect(Pattern.compile("\\{\"QMP\".*\r?\n"), LIMIT);
        execute("{\"execute\": \"qmp_capabilities\"}");
    }

    /// Sends one request and waits for its success.
    void execute(String request) throws IOException, InterruptedException {
        port.send(request + "\n");
        MatchResult answer = port.expect(ANSWER, LIMIT);
        if (answer.group(1).equals("error")) {
            throw new AssertionError("QEMU refused " + request + ": " + answer.group().strip());
        }
    }

    /// Loads a state file into the machine, which waits for one, and lets it run.
    void restore(String stateFile) throws IOException, InterruptedException {
        execute("{\"execute\": \"migrate-set-capabilities\", \"arguments\": "
                + "{\"capabilities\": [{\"capability\": \"events\", \"state\": true}]}}");
        execute("{\"execute\": \"migrate-incoming\", \"arguments\": {\"uri\": \"file:" + stateFile + "\"}}");
        MatchResult end = port.expect(MIGRATION_END, LIMIT);
        if (!end.group(1).equals("completed")) {
            throw new AssertionError("QEMU could not load " + stateFile);
        }
        execute("{\"execute\": \"cont\"}");
    }

    @Override
    public void close() throws IOException {
        port.close();
    }
}
