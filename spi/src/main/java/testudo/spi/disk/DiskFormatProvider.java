package testudo.spi.disk;

import java.lang.foreign.MemorySegment;
import testudo.spi.host.HostFile;
import testudo.spi.host.HostPlatform;

/// Reads and writes one format of disk image. Found by [java.util.ServiceLoader].
public interface DiskFormatProvider {
    /// The identity, such as `raw`.
    /// @return a short lower-case name
    String id();

    /// How sure it is that an image is of its format. `raw` answers 1; a format with a magic number 0 or 100.
    /// @param header the image's first 4096 bytes, or fewer
    /// @return 0 (no) to 100
    int recognises(MemorySegment header);

    /// Opens an image.
    /// @param request how
    /// @param file the open file; owned by the image from now on
    /// @param host the platform
    /// @return the image; the caller closes it
    /// @throws testudo.spi.VmmException when the image is broken
    DiskImage open(DiskRequest request, HostFile file, HostPlatform host);
}
