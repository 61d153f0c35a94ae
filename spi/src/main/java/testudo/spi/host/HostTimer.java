package testudo.spi.host;

/// A timer that a [Poller] can wait for.
public interface HostTimer extends Pollable {
    /// Arms the timer, replacing an earlier setting.
    /// @param delayNanos time to the first expiry, from now; 0 or less expires at once
    /// @param periodNanos time between later expiries, or 0 for a single one
    void arm(long delayNanos, long periodNanos);

    /// Disarms it.
    void disarm();

    /// Takes the expiries since the last call. Never blocks.
    /// @return how many, 0 when none
    long consume();
}
