package testudo.spi.disk;

/// Opens disk images: finds the format, takes the lock.
@FunctionalInterface
public interface DiskOpener {
    /// Opens an image.
    /// @param request how
    /// @return the image; the caller closes it
    /// @throws testudo.spi.VmmException when it can't be opened, locked or understood
    DiskImage open(DiskRequest request);
}
