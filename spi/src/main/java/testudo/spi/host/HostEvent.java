package testudo.spi.host;

/// A counting event that threads, processes and the hypervisor can signal: an eventfd on Linux.
public interface HostEvent extends Pollable {
    /// Signals the event. Any thread; never blocks.
    void signal();

    /// Takes all pending signals. Never blocks.
    /// @return true when at least one was pending
    boolean consume();
}
