package testudo.spi.jail;

/// Resource limits of a jailed process, `getrlimit(2)`: soft and hard alike. Core dumps are off, and no memory can be locked.
/// @param openFiles descriptors
/// @param fileSizeBytes the largest file that can be written, or -1 for no limit: a disk needs its own size
public record ResourceLimits(long openFiles, long fileSizeBytes) {
    private static final long STANDARD_FILES = 4096;

    /// What most devices get: 4096 descriptors, no file size limit.
    /// @return limits
    public static ResourceLimits standard() {
        return new ResourceLimits(STANDARD_FILES, -1);
    }
}
