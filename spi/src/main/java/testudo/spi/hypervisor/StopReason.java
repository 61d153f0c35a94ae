package testudo.spi.hypervisor;

/// Why [Vcpu#run] returned.
public enum StopReason {
    /// [Vcpu#kick] was called.
    KICKED,
    /// [VmExitHandler] asked for it.
    HANDLER,
    /// The guest halted and the hypervisor leaves waiting to the caller.
    HALTED,
    /// The guest powered off, reset or crashed by a hypervisor call; [VmExitHandler#systemEvent] has been told.
    SYSTEM_EVENT,
    /// Triple fault or its like.
    SHUTDOWN,
    /// The hypervisor could not enter or emulate the guest.
    FAILED,
    /// An exit that nobody here knows.
    UNKNOWN_EXIT,
    /// A breakpoint or single step.
    DEBUG
}
