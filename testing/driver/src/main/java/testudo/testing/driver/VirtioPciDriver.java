package testudo.testing.driver;

/// A guest driver of the modern virtio PCI transport: finds the structures in configuration space and brings the device up through
/// its registers (VIRTIO 1.3, 4.1 "Virtio Over PCI Bus"). Also does what a driver must not, register by register. One thread.
public final class VirtioPciDriver implements VirtioDriver {
    private static final int NO_VECTOR = 0xFFFF;
    private static final int CAPABILITIES = 0x34;
    private static final int VENDOR_CAPABILITY = 9;
    private static final int MAX_CAPABILITIES = 48;

    private final Bus bus;
    private final long[] structures = new long[6];
    private int notifyMultiplier;

    /// How the guest reaches the function.
    public interface Bus {
        /// Reads configuration space.
        /// @param offset 0 to 255
        /// @param sizeBytes 1, 2 or 4
        /// @return the value
        int readConfig(int offset, int sizeBytes);

        /// Writes configuration space.
        /// @param offset 0 to 255
        /// @param sizeBytes 1, 2 or 4
        /// @param value the value
        void writeConfig(int offset, int sizeBytes, int value);

        /// Reads memory-mapped registers.
        /// @param gpa guest physical address
        /// @param sizeBytes 1, 2, 4 or 8
        /// @return the value
        long read(long gpa, int sizeBytes);

        /// Writes memory-mapped registers.
        /// @param gpa guest physical address
        /// @param sizeBytes 1, 2, 4 or 8
        /// @param value the value
        void write(long gpa, int sizeBytes, long value);
    }

    /// Enables the function and looks for its structures.
    /// @param bus how it is reached
    public VirtioPciDriver(Bus bus) {
        this.bus = bus;
        bus.writeConfig(4, 2, 6);
        int at = bus.readConfig(CAPABILITIES, 1);
        for (int i = 0; at != 0 && i < MAX_CAPABILITIES; i++) {
            if (bus.readConfig(at, 1) == VENDOR_CAPABILITY) {
                int type = bus.readConfig(at + 3, 1);
                int bar = bus.readConfig(at + 4, 1);
                long base = bus.readConfig(0x10 + 4 * bar, 4) & 0xFFFF_FFF0L;
                if (type < structures.length) {
                    structures[type] = base + (bus.readConfig(at + 8, 4) & 0xFFFF_FFFFL);
                }
                if (type == 2) {
                    notifyMultiplier = bus.readConfig(at + 16, 4);
                }
            }
            at = bus.readConfig(at + 1, 1);
        }
    }

    /// The address of a structure.
    /// @param type 1 common, 2 notify, 3 ISR, 4 device
    /// @return guest physical address
    public long structure(int type) {
        return structures[type];
    }

    /// Reads a register of the common configuration.
    /// @param offset in the structure
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value
    public long common(int offset, int sizeBytes) {
        return bus.read(structures[1] + offset, sizeBytes);
    }

    /// Writes a register of the common configuration.
    /// @param offset in the structure
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value
    public void common(int offset, int sizeBytes, long value) {
        bus.write(structures[1] + offset, sizeBytes, value);
    }

    @Override
    public int status() {
        return (int) common(0x14, 1);
    }

    @Override
    public void status(int status) {
        common(0x14, 1, status);
    }

    @Override
    public long offeredFeatures() {
        common(0x00, 4, 0);
        long low = common(0x04, 4);
        common(0x00, 4, 1);
        return low | common(0x04, 4) << 32;
    }

    @Override
    public void acceptFeatures(long features) {
        common(0x08, 4, 0);
        common(0x0C, 4, features & 0xFFFF_FFFFL);
        common(0x08, 4, 1);
        common(0x0C, 4, features >>> 32);
    }

    @Override
    public void setUp(int queue, FakeDriver ring) {
        setUp(queue, ring, NO_VECTOR);
    }

    /// Sets up and enables a queue.
    /// @param queue its index
    /// @param ring where it is
    /// @param vector its MSI-X vector, 0xFFFF for none
    public void setUp(int queue, FakeDriver ring, int vector) {
        common(0x16, 2, queue);
        common(0x18, 2, ring.size());
        common(0x1A, 2, vector);
        common(0x20, 4, ring.descriptors() & 0xFFFF_FFFFL);
        common(0x24, 4, ring.descriptors() >>> 32);
        common(0x28, 8, ring.driverArea());
        common(0x30, 8, ring.deviceArea());
        common(0x1C, 2, 1);
    }

    @Override
    public void notifyQueue(int queue) {
        bus.write(structures[2] + (long) queue * notifyMultiplier, 2, queue);
    }

    /// Reads and clears the interrupt status.
    /// @return bit 0: a queue, bit 1: configuration
    public int takeInterruptStatus() {
        return (int) bus.read(structures[3], 1);
    }

    @Override
    public long config(long offset, int sizeBytes) {
        return bus.read(structures[4] + offset, sizeBytes);
    }

    /// Writes device configuration.
    /// @param offset in the structure
    /// @param sizeBytes 1, 2, 4 or 8
    /// @param value the value
    public void config(long offset, int sizeBytes, long value) {
        bus.write(structures[4] + offset, sizeBytes, value);
    }
}
