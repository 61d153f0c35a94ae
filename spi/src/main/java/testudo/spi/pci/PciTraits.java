package testudo.spi.pci;

import java.util.List;

/// The constant facts of a PCI function.
/// @param vendorId 16 bits
/// @param deviceId 16 bits
/// @param revision 8 bits
/// @param classCode class, subclass and programming interface as 24 bits
/// @param subsystemVendorId 16 bits
/// @param subsystemId 16 bits
/// @param bars at most 6, by index
/// @param usesPin whether it has an INTx pin
public record PciTraits(
        int vendorId,
        int deviceId,
        int revision,
        int classCode,
        int subsystemVendorId,
        int subsystemId,
        List<Bar> bars,
        boolean usesPin) {
    /// Copies the list.
    public PciTraits {
        bars = List.copyOf(bars);
    }

    /// A base address register.
    /// @param index 0 to 5; a 64-bit one also takes the next
    /// @param sizeBytes a power of two, at least 16
    /// @param kind what it decodes
    public record Bar(int index, long sizeBytes, Kind kind) {}

    /// What a base address register decodes.
    public enum Kind {
        /// Memory below 4 GiB.
        MEMORY_32,
        /// Memory anywhere.
        MEMORY_64,
        /// Memory anywhere, prefetchable.
        MEMORY_64_PREFETCHABLE,
        /// I/O ports.
        IO
    }
}
