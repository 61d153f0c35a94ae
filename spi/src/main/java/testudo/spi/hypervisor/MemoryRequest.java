package testudo.spi.hypervisor;

import testudo.spi.memory.GuestRegion.Purpose;

/// Memory that a machine should have.
/// @param gpa first guest physical address, page-aligned
/// @param sizeBytes length, a positive multiple of the page size
/// @param purpose what it is for
/// @param readOnly whether the guest must not write it; its writes become exits
public record MemoryRequest(long gpa, long sizeBytes, Purpose purpose, boolean readOnly) {}
