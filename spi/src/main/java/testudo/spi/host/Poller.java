package testudo.spi.host;

/// Waits for several [Pollable]s at once: epoll on Linux. Owned by one thread, but [#add] and [#remove] may come from any.
public interface Poller extends HostHandle {
    /// Wait until reading would not block.
    int READABLE = 1;
    /// Wait until writing would not block.
    int WRITABLE = 4;
    /// The peer has gone; always reported.
    int HANG_UP = 16;

    /// Starts watching.
    /// @param source what to watch; must belong to the same platform
    /// @param token what [#token(int)] answers when it is ready
    /// @param interest [#READABLE], [#WRITABLE] or both; level-triggered
    void add(Pollable source, int token, int interest);

    /// Changes what is watched for.
    /// @param source a source that was added
    /// @param token the token to report from now on
    /// @param interest as for [#add]; 0 pauses the source
    void change(Pollable source, int token, int interest);

    /// Stops watching. Call it before the source is closed.
    /// @param source a source that was added
    void remove(Pollable source);

    /// Waits until something is ready.
    /// @param timeoutNanos how long at most; negative means without limit, 0 does not wait
    /// @return how many sources are ready, 0 after the time or an interruption
    int await(long timeoutNanos);

    /// The token of a ready source, valid until the next [#await].
    /// @param index 0 to the last answer of [#await] - 1
    /// @return its token
    int token(int index);

    /// What a ready source is ready for, valid until the next [#await].
    /// @param index 0 to the last answer of [#await] - 1
    /// @return a mask of [#READABLE], [#WRITABLE], [#HANG_UP]
    int ready(int index);
}
