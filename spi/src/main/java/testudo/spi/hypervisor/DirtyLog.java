package testudo.spi.hypervisor;

/// A machine's ability to list the pages that were written.
public interface DirtyLog {
    /// Starts or stops tracking a region.
    /// @param gpa the region's first address
    /// @param on whether to track
    void track(long gpa, boolean on);

    /// Takes the pages written since the last call.
    /// @param gpa the region's first address
    /// @return one bit for each 4 KiB page, lowest first
    long[] take(long gpa);
}
