package testudo.spi.host;

import java.util.OptionalInt;

/// A process that this one started. As a [Pollable] it is readable once the process has ended. Any thread.
public interface HostProcess extends Pollable {
    /// Its number on the host.
    /// @return a process id
    long id();

    /// How it ended. Never blocks.
    /// @return the exit code, 128 + N when signal N killed it, or nothing while it runs
    OptionalInt exitCode();

    /// Waits for its end. Blocks.
    /// @return as [#exitCode()]
    int waitFor();

    /// Kills it, at once; nothing happens when it has ended.
    void kill();

    /// Kills it if it runs, and forgets it. Idempotent.
    @Override
    void close();
}
