package testudo.spi.disk;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import testudo.spi.host.HostFiles.Mode;
import testudo.spi.host.HostFiles.RingKind;

/// How a disk image is to be opened.
/// @param path the image
/// @param readOnly whether it is only read
/// @param direct whether the page cache is bypassed
/// @param lock whether an advisory lock is taken: shared when read-only, else exclusive
/// @param ring which kind of asynchronous I/O
public record DiskRequest(Path path, boolean readOnly, boolean direct, boolean lock, RingKind ring) {
    /// How the image's file is opened.
    /// @return modes
    public Set<Mode> modes() {
        EnumSet<Mode> modes = EnumSet.of(Mode.READ);
        if (!readOnly) {
            modes.add(Mode.WRITE);
        }
        if (direct) {
            modes.add(Mode.DIRECT);
        }
        return modes;
    }
}
