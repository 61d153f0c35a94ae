package testudo.core.machine;

/// How a machine ended, with crosvm's exit status.
public enum RunResult {
    /// Powered off or stopped.
    EXIT(0, "success"),
    /// The guest asked for a reset.
    RESET(32, "reset"),
    /// The guest could not go on, or a device failed.
    CRASH(33, "crash"),
    /// The guest reported a panic.
    PANIC(34, "guest panic"),
    /// A watchdog fired.
    WATCHDOG(36, "watchdog reset");

    private final int status;
    private final String phrase;

    RunResult(int status, String phrase) {
        this.status = status;
        this.phrase = phrase;
    }

    /// The exit status with `--extended-status`.
    /// @return crosvm's code
    public int status() {
        return status;
    }

    /// For the final log line: `exiting with …`.
    /// @return a phrase
    public String phrase() {
        return phrase;
    }
}
