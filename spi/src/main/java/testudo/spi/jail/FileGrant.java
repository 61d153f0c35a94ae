package testudo.spi.jail;

import java.nio.file.Path;
import testudo.spi.VmmException;

/// A file or folder of the host that a jail shows, at the same path. A folder comes with everything below it.
/// @param path absolute
/// @param access what may be done with it
public record FileGrant(Path path, Access access) {
    /// Normalises the path.
    /// @throws VmmException.Config for a relative path or the root folder
    public FileGrant {
        path = path.normalize();
        if (!path.isAbsolute() || path.getNameCount() == 0) {
            throw new VmmException.Config("jail file '" + path + "': give an absolute path below /");
        }
    }

    /// What may be done with a file.
    public enum Access {
        /// Reading, and running programs.
        READ,
        /// Reading and writing; no programs.
        WRITE
    }
}
