package testudo.core.pci;

import testudo.spi.irq.MsiVector;

/// The MSI capability with one 64-bit message (PCI 3.0, 6.8.1 "MSI Capability Structure"). The function that has it serialises the calls.
final class MsiCapability implements AutoCloseable {
    /// The capability's number.
    static final int ID = 0x05;
    /// Its length.
    static final int SIZE_BYTES = 14;

    private static final int ENABLE = 1;
    private static final int WIDE = 1 << 7;
    private static final int CONTROL = 2;
    private static final int ADDRESS = 4;
    private static final int DATA = 12;

    private final ConfigSpace config;
    private final int at;
    private final MsiVector vector;

    /// @param at where the function has put it
    /// @param vector closed with this
    MsiCapability(ConfigSpace config, int at, MsiVector vector) {
        this.config = config;
        this.at = at;
        this.vector = vector;
        config.set(at + CONTROL, 2, WIDE);
        config.allowWrites(at + CONTROL, 2, ENABLE);
        config.allowWrites(at + ADDRESS, 4, ~3);
        config.allowWrites(at + ADDRESS + 4, 4, -1);
        config.allowWrites(at + DATA, 2, 0xFFFF);
    }

    /// The guest has written configuration space.
    void written(int offset, int sizeBytes) {
        if (offset < at + SIZE_BYTES && offset + sizeBytes > at && enabled()) {
            long low = Integer.toUnsignedLong(config.get(at + ADDRESS, 4));
            vector.program(low | (long) config.get(at + ADDRESS + 4, 4) << 32, config.get(at + DATA, 2));
        }
    }

    boolean enabled() {
        return (config.get(at + CONTROL, 2) & ENABLE) != 0;
    }

    void raise() {
        vector.raise();
    }

    @Override
    public void close() {
        vector.close();
    }
}
