package testudo.plugin.virtio.vsock;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import testudo.spi.option.Key;

/// What the user wants of the socket device.
/// @param cid the guest's address
/// @param device the kernel's vhost device
/// @param path the Unix socket of the device that needs no kernel; connections of the guest to port N lead to `PATH_N`
/// @param maxQueueSizes receive, transmit, events; empty for those that are usual
record VsockOptions(
        @Key(min = VsockOptions.LOWEST_CID, max = VsockOptions.HIGHEST_CID, help = "the guest's context id, 3 to 4294967294") long cid,
        @Key(help = "the kernel's device that serves it; /dev/vhost-vsock, if this user may use it and no path is given") Optional<Path> device,
        @Key(help = "Unix socket that programs of the host connect to; the guest's connections to port N lead to PATH_N") Optional<Path> path,
        @Key(aliases = "max_queue_sizes", help = "sizes of the queues, [receive,transmit,events]; 256 each") List<Integer> maxQueueSizes) {
    static final long LOWEST_CID = 3;
    static final long HIGHEST_CID = 0xFFFF_FFFEL;
    static final Path KERNEL_DEVICE = Path.of("/dev/vhost-vsock");
    private static final int QUEUES = 3;
    private static final int QUEUE_SIZE = 256;
    private static final int MAX_QUEUE_SIZE = 32_768;

    VsockOptions {
        maxQueueSizes = List.copyOf(maxQueueSizes);
    }

    List<Integer> queueSizes() {
        return maxQueueSizes.isEmpty() ? List.of(QUEUE_SIZE, QUEUE_SIZE, QUEUE_SIZE) : maxQueueSizes;
    }

    void check(String where, List<String> problems) {
        boolean fits = maxQueueSizes.stream().allMatch(size -> size >= 1 && size <= MAX_QUEUE_SIZE && Integer.bitCount(size) == 1);
        if (!maxQueueSizes.isEmpty() && (maxQueueSizes.size() != QUEUES || !fits)) {
            problems.add("%s: max-queue-sizes %s are not three powers of two up to %d".formatted(where, maxQueueSizes, MAX_QUEUE_SIZE));
        }
        if (device.isPresent() && path.isPresent()) {
            problems.add("%s: device and path exclude each other; path is for the device that needs no kernel support".formatted(where));
        }
        if (cid < LOWEST_CID || cid > HIGHEST_CID) {
            problems.add("%s: cid %d is not in %d to %d; 0 to 2 mean the hypervisor, loopback and the host".formatted(where, cid,
                    LOWEST_CID,
                    HIGHEST_CID));
        }
    }

    /// Where programs of the host find the guest when neither a path nor a usable kernel device is given.
    Path usualPath() {
        return Path.of("/tmp/testudo-vsock-%d.sock".formatted(cid));
    }
}
