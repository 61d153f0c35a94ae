package testudo.spi.platform;

import testudo.spi.irq.Trigger;

/// Something of the machine that a platform device occupies.
public sealed interface Resource {
    /// I/O ports.
    /// @param first 0 to 65535
    /// @param count 1 or more
    record Ports(int first, int count) implements Resource {}

    /// Guest physical addresses without memory.
    /// @param gpa the first
    /// @param sizeBytes how many
    record Mmio(long gpa, long sizeBytes) implements Resource {}

    /// Calls of the guest to its firmware or hypervisor: an extension of the RISC-V SBI, for one.
    /// @param extension the number that they have in common
    record Calls(long extension) implements Resource {}

    /// An interrupt line.
    /// @param gsi the pin's global number
    /// @param trigger how it asks
    record Irq(int gsi, Trigger trigger) implements Resource {}
}
