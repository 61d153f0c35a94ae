package testudo.arch.x86_64.layout;

/// An entry of the memory map that firmware hands to a kernel (ACPI 6.5, 15 "System Address Map Interfaces").
/// @param start the first address
/// @param sizeBytes length, positive
/// @param type 1 memory, 2 reserved
public record E820Entry(long start, long sizeBytes, int type) {
    /// Memory that the guest may use.
    public static final int RAM = 1;
    /// Addresses that the guest must leave alone.
    public static final int RESERVED = 2;
    /// The most entries that a zero page holds.
    public static final int MAX_ENTRIES = 128;

    @Override
    public String toString() {
        return "0x%x-0x%x %s".formatted(start, start + sizeBytes - 1, type == RAM ? "ram" : "reserved");
    }
}
