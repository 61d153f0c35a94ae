package testudo.spi.pci;

import org.jspecify.annotations.Nullable;

/// Where a PCI function is.
/// @param bus 0 to 255
/// @param device 0 to 31
/// @param function 0 to 7
public record PciAddress(int bus, int device, int function) {
    /// Checks the ranges.
    public PciAddress {
        if ((bus & ~0xFF) != 0 || (device & ~0x1F) != 0 || (function & ~7) != 0) {
            throw new IllegalArgumentException("PCI address %x:%x.%x".formatted(bus, device, function));
        }
    }

    /// Reads `[0000:]BB:DD.F`, hexadecimal.
    /// @param text such as `00:05.0`
    /// @return the address
    /// @throws IllegalArgumentException when it is not one
    public static PciAddress parse(String text) {
        var match = java.util.regex.Pattern.compile("(?:0{1,4}:)?([0-9a-fA-F]{1,2}):([0-9a-fA-F]{1,2})\\.([0-7])")
                .matcher(text);
        if (!match.matches()) {
            throw new IllegalArgumentException("'%s' is not a PCI address such as 00:05.0".formatted(text));
        }
        return new PciAddress(
                Integer.parseInt(match.group(1), 16),
                Integer.parseInt(match.group(2), 16),
                Integer.parseInt(match.group(3), 16));
    }

    /// Bus, device and function as 16 bits.
    /// @return the requester id
    public int requesterId() {
        return bus << 8 | device << 3 | function;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof PciAddress address && address.requesterId() == requesterId();
    }

    @Override
    public int hashCode() {
        return requesterId(); // what a record gets by itself is generated anew at each start
    }

    @Override
    public String toString() {
        return "%02x:%02x.%d".formatted(bus, device, function);
    }
}
