package testudo.spi.host;

/// Makes memory that a hypervisor or another process can map.
public interface HostMemory {
    /// Makes zero-filled shared memory, sealed against resizing, charged lazily (overcommit allowed).
    /// @param name a label for diagnostics, at most 200 characters
    /// @param sizeBytes a positive multiple of [#pageSizeBytes()]
    /// @return the memory, mapped; the caller closes it
    /// @throws testudo.spi.VmmException.Host when the host refuses
    SharedMemory create(String name, long sizeBytes);

    /// The host's page size.
    /// @return bytes, a power of two
    int pageSizeBytes();
}
