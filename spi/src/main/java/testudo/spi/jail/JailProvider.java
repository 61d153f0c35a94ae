package testudo.spi.jail;

import testudo.spi.Availability;
import testudo.spi.host.HostProcess;
import testudo.spi.host.ProcessRequest;

/// Starts processes in jails of one kind. Found by [java.util.ServiceLoader].
///
/// Any thread; stateless. Of those that are ready the one with the highest rank is used, unless the user names one.
public interface JailProvider {
    /// The identity, such as `unshare`.
    /// @return a short lower-case name, unique
    String id();

    /// Which provider is preferred when several are ready.
    /// @return 0 to 100, higher first
    int rank();

    /// Whether a jail can be built here, by this user. Builds a whole one and throws it away: costs a few milliseconds, leaves nothing behind.
    /// @return ready, or which layer the host refuses and what to do about it
    Availability probe();

    /// Starts a process in a jail.
    ///
    /// All layers of [JailRequest] are in force before the program's first instruction. The process, and everything it starts, dies with this one.
    /// Inside, it is process 1 of its own, it sees only what was granted, at the same paths as outside, and holds no descriptor beyond
    /// the request's. When a layer fails after all, the process writes one line that names it to its standard error and ends with [#REFUSED].
    /// @param jail what the process may do
    /// @param process what to start: an absolute program path inside of the runtime image or the granted files
    /// @return the process; the caller closes it. Its [HostProcess#id()] may be that of a supervisor outside of the jail, whose death ends the jail
    /// @throws testudo.spi.VmmException.Config when the request asks for something that does not exist, or that this kind of jail can't grant
    /// @throws testudo.spi.VmmException.Host when nothing could be started
    HostProcess start(JailRequest jail, ProcessRequest process);

    /// The exit code of a process whose jail could not be completed. The program has not run.
    int REFUSED = 126;
}
