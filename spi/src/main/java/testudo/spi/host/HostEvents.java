package testudo.spi.host;

/// Makes events, timers and pollers, and tells the time.
public interface HostEvents {
    /// Makes an event.
    /// @return an event that is not signalled; the caller closes it
    HostEvent newEvent();

    /// Makes a timer on the monotonic clock.
    /// @return a disarmed timer; the caller closes it
    HostTimer newTimer();

    /// Makes a poller.
    /// @return an empty poller; the caller closes it
    Poller newPoller();

    /// The monotonic clock.
    /// @return nanoseconds since an arbitrary point
    long monotonicNanos();

    /// The wall clock.
    /// @return milliseconds since 1970-01-01T00:00Z
    long wallMillis();
}
