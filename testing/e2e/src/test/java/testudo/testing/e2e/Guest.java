package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;

/// A guest that the product runs in the outer Linux.
///
/// @param monitor the product's process
/// @param console the guest's first serial port
record Guest(BackgroundProgram monitor, GuestConsole console) {
    private static final Duration EXIT_LIMIT = Duration.ofMinutes(3);

    /// Runs a command in the guest, which must succeed.
    /// @return what it wrote, without surrounding white space
    String run(String command) throws IOException, InterruptedException {
        return console.run(command);
    }

    /// Runs a command in the guest.
    /// @return its exit code; what it wrote goes to the transcript
    int exitCodeOf(String command) throws IOException, InterruptedException {
        return console.run(command, EXIT_LIMIT).exitCode();
    }

    /// Runs a command in the guest again and again, until it succeeds. The guest does the waiting.
    /// @throws AssertionError when it does not within a minute
    void await(String condition) throws IOException, InterruptedException {
        console.run("n=0; until " + condition + "; do n=$((n+1)); [ $n -lt 300 ] || break; usleep 200000; done; " + condition,
                Duration.ofMinutes(5)).orFail("in the guest, waiting for: " + condition);
    }

    /// Gives a last command, one that ends the guest, and waits for the product to end.
    /// @return the product's exit code
    int end(String command) throws IOException, InterruptedException {
        console.sendLine(command);
        return monitor.awaitExit(EXIT_LIMIT);
    }
}
