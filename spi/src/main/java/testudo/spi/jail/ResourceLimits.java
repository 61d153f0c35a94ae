package testudo.spi.jail;

/// Resource limits of a jailed process, `getrlimit(2)`: soft and hard alike. Core dumps are off.
/// @param openFiles descriptors
/// @param fileSizeBytes the largest file that can be written, or -1 for no limit: a disk needs its own size
/// @param lockedBytes memory that can't be swapped out. The kernel counts the io_uring queues of all of a user's processes against it
public record ResourceLimits(long openFiles, long fileSizeBytes, long lockedBytes) {
    private static final long STANDARD_FILES = 4096;
    private static final long RINGS_BYTES = 8L << 20;

    /// What most devices get: 4096 descriptors, no file size limit, no locked memory.
    /// @return limits
    public static ResourceLimits standard() {
        return new ResourceLimits(STANDARD_FILES, -1, 0);
    }

    /// What a device with io_uring queues gets: the same, and 8 MiB of locked memory. The start-up filter refuses to lock any other.
    /// @return limits
    public static ResourceLimits withRings() {
        return new ResourceLimits(STANDARD_FILES, -1, RINGS_BYTES);
    }
}
