package testudo.spi.hypervisor;

import java.util.Optional;

/// One virtual CPU. [#run] is called by one thread for its whole life; [#kick] by any.
public interface Vcpu {
    /// Its index.
    /// @return 0 or more
    int index();

    /// Sets the state in which it starts. Also resets a vCPU that has run.
    /// @param state for the machine's architecture
    /// @throws testudo.spi.VmmException.Host when the hypervisor refuses a value
    void setBootState(BootState state);

    /// Runs guest code until something ends the run. Exits that the handler can answer don't end it.
    /// Does not allocate per exit.
    /// @param handler answers exits, on this thread
    /// @return why it stopped; details are in [#stopDetail()]
    StopReason run(VmExitHandler handler);

    /// What the last [StopReason#FAILED], [StopReason#SHUTDOWN] or [StopReason#UNKNOWN_EXIT] was about: reason, registers, bytes at the program counter, for a report to the user.
    /// @return several lines
    String stopDetail();

    /// Makes a current or the next [#run] return with [StopReason#KICKED] soon. Never lost, never blocks.
    void kick();

    /// An optional facility.
    /// @param type its interface, such as [RegisterAccess]
    /// @param <T> its interface
    /// @return the facility, or nothing when this vCPU lacks it
    <T> Optional<T> capability(Class<T> type);
}
