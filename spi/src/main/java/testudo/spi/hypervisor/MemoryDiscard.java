package testudo.spi.hypervisor;

/// A machine's ability to give guest RAM back to the host while the guest runs.
public interface MemoryDiscard {
    /// Gives a range back; it reads as zero when the guest touches it again. Any thread.
    /// @param gpa page-aligned, in RAM
    /// @param sizeBytes page-aligned
    void discard(long gpa, long sizeBytes);
}
