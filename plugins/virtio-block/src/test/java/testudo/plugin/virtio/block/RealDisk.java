package testudo.plugin.virtio.block;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import testudo.plugin.disk.raw.RawFormat;
import testudo.spi.VmmException;
import testudo.spi.disk.DiskImage;
import testudo.spi.disk.DiskRequest;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostFiles.RingKind;
import testudo.spi.host.HostPlatform;

/// Raw images on the real host, as `--block` opens them.
final class RealDisk {
    private RealDisk() {}

    static BlockOptions options(boolean multipleWorkers) {
        return new BlockOptions(
                Path.of("disk"), false, false, true, false, true, 512, Optional.of("serial-1"), multipleWorkers,
                BlockOptions.Executor.AUTO, false, Optional.empty(), Optional.empty(), false);
    }

    private static DiskImage open(HostPlatform host, Path path, RingKind ring) {
        Set<Mode> modes = EnumSet.of(Mode.READ, Mode.WRITE);
        return new RawFormat().open(new DiskRequest(path, false, false, true, ring), host.files().open(path, modes), host);
    }

    static Function<HostPlatform, DiskImage> image(Path path, RingKind ring) {
        return host -> open(host, path, ring);
    }

    /// Starts a disk, or ends the test when the host has no such ring.
    static LiveDisk start(Path path, RingKind ring, boolean packed, boolean multipleWorkers) {
        if (ring == RingKind.URING) {
            try {
                new testudo.platform.linux.LinuxPlatform().files().newRing(1, ring).close();
            } catch (VmmException.Host refused) {
                abort("needs io_uring: " + refused.getMessage());
            }
        }
        return new LiveDisk(options(multipleWorkers), image(path, ring), packed);
    }
}
