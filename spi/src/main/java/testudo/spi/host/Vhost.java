package testudo.spi.host;

import java.nio.file.Path;

/// The host kernel's own virtio back-ends: vhost on Linux. A facility that a platform may lack.
@FunctionalInterface
public interface Vhost {
    /// Opens a back-end for one device of this process.
    /// @param path such as `/dev/vhost-net`, or `/proc/self/fd/N` for one that this process was started with
    /// @return the back-end; the caller closes it
    /// @throws testudo.spi.VmmException.Host when there is none, or it may not be used
    VhostDevice open(Path path);
}
