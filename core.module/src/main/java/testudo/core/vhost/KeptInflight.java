package testudo.core.vhost;

import org.jspecify.annotations.Nullable;
import testudo.spi.host.HostHandle;

/// A front-end's memory of what its back-end has under way: kept for the one after it, which is told before its rings start
/// ("Inflight I/O tracking"). On the device's loop.
final class KeptInflight implements AutoCloseable {
    private @Nullable Kept kept;

    /// What a back-end has made.
    /// @param handle owned by who has this
    /// @param numbers number of rings and, in the upper half, their size
    record Kept(HostHandle handle, long sizeBytes, long offset, int numbers) {}

    /// Tells a back-end that knows how to use it; the first one makes it.
    /// @param queues how many rings there are
    /// @param queueSize the size of the largest
    /// @throws PeerFault when the back-end does not behave
    void pass(FrontendConnection to, int queues, int queueSize) {
        if (!to.speaks(ProtocolFeature.INFLIGHT_SHMFD)) {
            return;
        }
        Kept known = kept == null ? to.askInflight(queues | queueSize << 16) : kept;
        kept = known;
        if (known != null) {
            to.putLong(0, known.sizeBytes());
            to.putLong(8, known.offset());
            to.putInt(16, known.numbers());
            to.putInt(20, 0);
            to.tell(Request.SET_INFLIGHT_FD, InflightMemory.PAYLOAD_BYTES, known.handle());
        }
    }

    /// Forgets it: nothing is under way. Idempotent.
    @Override
    public void close() {
        Kept known = kept;
        kept = null;
        if (known != null) {
            known.handle().close();
        }
    }
}
