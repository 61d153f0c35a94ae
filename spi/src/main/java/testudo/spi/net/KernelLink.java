package testudo.spi.net;

import testudo.spi.host.VhostDevice;

/// A link whose frames the host's kernel moves between itself and guest memory. Its queue pairs' [NetworkQueue]s are not used meanwhile.
public interface KernelLink extends NetworkLink {
    /// The kernel's ring with the guest's receive buffers.
    int RECEIVE_RING = 0;
    /// The kernel's ring with the guest's frames.
    int TRANSMIT_RING = 1;

    /// What serves a queue pair, by [#RECEIVE_RING] and [#TRANSMIT_RING].
    /// @param pair 0 to [#queues()] - 1
    /// @return the back-end, closed with the link
    VhostDevice backend(int pair);

    /// Lets the kernel move frames, once the rings are set up.
    /// @param pair one that is in use
    /// @throws testudo.spi.VmmException.Host when the kernel refuses
    void start(int pair);

    /// Ends that. No frame is on its way into or out of guest memory on return.
    /// @param pair one that was started
    void stop(int pair);
}
