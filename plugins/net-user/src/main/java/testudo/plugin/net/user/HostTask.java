package testudo.plugin.net.user;

import java.io.IOException;
import java.nio.channels.SelectionKey;

/// What a socket of the host belongs to: the attachment of its key.
interface HostTask {
    /// The socket is ready. Under the stack's lock, on the stack's thread.
    /// @param key its key
    /// @throws IOException when the socket is broken; the task is closed then
    void ready(SelectionKey key) throws IOException;

    /// Ends it; the guest is told where its protocol has a word for that.
    void fail();
}
