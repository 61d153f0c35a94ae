package testudo.spi.pci;

/// A PCI function that is not virtio. Called by one thread at a time.
public interface PciDevice extends AutoCloseable {
    /// Its facts, constant.
    /// @return the traits
    PciTraits traits();

    /// The guest reads a BAR. Never throws for a guest's doing.
    /// @param bar its index
    /// @param offset `0 <= offset < size`
    /// @param sizeBytes 1, 2, 4 or 8; may reach past the end
    /// @return the value; all ones where there is no register
    long read(int bar, long offset, int sizeBytes);

    /// The guest writes a BAR. Never throws for a guest's doing.
    /// @param bar its index
    /// @param offset `0 <= offset < size`
    /// @param sizeBytes 1, 2, 4 or 8; may reach past the end
    /// @param value zero-extended
    void write(int bar, long offset, int sizeBytes, long value);

    /// Back to the power-on state.
    void reset();

    @Override
    void close();
}
