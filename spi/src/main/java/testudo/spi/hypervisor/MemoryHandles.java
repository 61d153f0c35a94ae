package testudo.spi.hypervisor;

import testudo.spi.host.HostHandle;

/// A machine's ability to share guest memory with other processes.
public interface MemoryHandles {
    /// The host memory behind a region; the region starts at its first byte.
    /// @param gpa the region's first address
    /// @return a handle that can be passed, owned by the machine
    /// @throws testudo.spi.VmmException.Host when there is no such region
    HostHandle handle(long gpa);
}
