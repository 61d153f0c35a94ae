package testudo.core.vhost;

import java.nio.file.Path;
import java.util.Optional;
import testudo.spi.option.Key;
import testudo.spi.pci.PciAddress;

/// What the user wants of a device behind a socket.
/// @param type what device it is: the name of a type that some provider states
/// @param socket where its back-end listens, or a connected socket as `/proc/self/fd/N`
/// @param maxQueueSize the largest queue a driver may set up
/// @param pciAddress where it goes
record VhostUserOptions(
        @Key(help = "type of the device, one of those that `testudo devices` lists") String type,
        @Key(help = "socket of its back-end, or /proc/self/fd/N") Path socket,
        @Key(fallback = "32768", aliases = "max_queue_size", min = 1, max = 65535, help = "largest size of a queue; rounded down to a power of two") int maxQueueSize,
        @Key(aliases = "pci_address", help = "PCI address") Optional<PciAddress> pciAddress) {
    private static final int LARGEST_QUEUE = 32_768;

    /// The largest queue that is offered.
    int queueSize() {
        return Math.min(Integer.highestOneBit(maxQueueSize), LARGEST_QUEUE);
    }
}
