package testudo.plugin.virtio.vsock;

import java.nio.file.Path;
import java.util.Optional;
import testudo.spi.option.Key;

/// What the user wants of the socket device.
/// @param cid the guest's address
/// @param device the kernel's vhost device
/// @param path the Unix socket of the user-space device; connections of the guest to port N lead to `PATH_N`
record VsockOptions(
        @Key(min = 3, max = 0xFFFF_FFFEL, help = "the guest's context id, 3 to 4294967294") long cid,
        @Key(help = "the kernel's vhost device; not served yet, use path") Optional<Path> device,
        @Key(help = "Unix socket to listen on; the guest's connections to port N lead to PATH_N") Optional<Path> path) {}
