package testudo.spi.command;

import java.util.concurrent.CompletionStage;

/// What a device implements that answers commands. Called on the thread that owns the device.
public interface CommandTarget {
    /// Whether a request is for this device.
    /// @param tag the request's tag, such as `DiskCommand`
    /// @param body its body, for example with a disk index
    /// @return true to get it
    boolean accepts(String tag, Object body);

    /// Does it.
    /// @param tag the request's tag
    /// @param body its body, not yet checked
    /// @return the response: the string `Ok`, `{"Err": errno}`, `{"ErrString": "…"}` or a tag with its body; may complete later, on the same thread
    CompletionStage<Object> execute(String tag, Object body);
}
