package testudo.spi.host;

import java.lang.foreign.MemorySegment;

/// Cryptographic randomness.
@FunctionalInterface
public interface EntropySource {
    /// Fills a range. Does not allocate; may block only while the system has just started.
    /// @param to where to
    /// @param offset in `to`
    /// @param lengthBytes how much
    void fill(MemorySegment to, long offset, long lengthBytes);
}
