package testudo.spi.host;

/// Starts processes that inherit exactly the handles they are given. Found by [java.util.ServiceLoader]; a platform module provides it.
///
/// [java.lang.ProcessBuilder] cannot pass handles. Any thread.
public interface HostProcesses {
    /// Starts a process. It dies when this one dies.
    /// @param request what to start
    /// @return the process; the caller closes it
    /// @throws testudo.spi.VmmException.Host when it can't be started
    HostProcess start(ProcessRequest request);
}
