package testudo.testing.e2e;

import java.io.IOException;
import java.time.Duration;

/// A program that runs on a host with its standard input and output on a port, and its standard error in a file. It leads a process group of
/// its own, so that killing it takes its children along.
interface BackgroundProgram extends AutoCloseable {
    /// The program's standard input and output.
    Port console();

    /// Waits for the program to end by itself.
    ///
    /// @return its exit code, as a shell counts: 128 + n for signal n
    int awaitExit(Duration limit) throws IOException, InterruptedException;

    /// Ends the program and its children at once, as `kill -9` does.
    void kill() throws IOException, InterruptedException;

    /// The program's process number on its host.
    String pid() throws IOException, InterruptedException;

    /// What the program wrote to its standard output so far.
    String output();

    /// What the program wrote to its standard error.
    String stderr() throws IOException, InterruptedException;

    /// The command, the last lines of its output and its messages.
    String report();

    /// Kills the program unless it has ended.
    @Override
    void close() throws IOException;
}
