package testudo.testing.driver;

/// A guest driver of the modern virtio PCI transport: finds the structures in configuration space and brings the device up through
/// its registers (VIRTIO 1.3, 4.1 "Virtio Over PCI Bus"). Also does what a driver must not, register by register. One thread.
public final class VirtioPciDriver {
    /// Device status: the guest has noticed the device.
    public static final int ACKNOWLEDGE = 1;
    /// Device status: the guest knows how to drive it.
    public static final int DRIVER = 2;
    /// Device status: the driver is ready.
    public static final int DRIVER_OK = 4;
    /// Device status: features are agreed.
    public static final int FEATURES_OK = 8;
    /// Device status: the device has failed.
    public static final int NEEDS_RESET = 64;

    private static final int CAPABILITIES = 0x34;
    private static final int VENDOR_CAPABILITY = 9;
    private static final int MAX_CAPABILITIES = 48;
    private static final int MAX_POLLS = 10_000_000;

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

    /// The device status.
    /// @return its bits
    public int status() {
        return (int) common(0x14, 1);
    }

    /// Writes the device status.
    /// @param status its bits
    public void status(int status) {
        common(0x14, 1, status);
    }

    /// Resets the device and waits until it says so.
    public void reset() {
        status(0);
        awaitStatus(0xFF, 0);
    }

    /// Polls until the device status has a value.
    /// @param mask the bits that matter
    /// @param wanted their value
    /// @throws AssertionError when it never has
    public void awaitStatus(int mask, int wanted) {
        for (int i = 0; i < MAX_POLLS; i++) {
            if ((status() & mask) == wanted) {
                return;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("device status 0x%x never became 0x%x".formatted(status(), wanted));
    }

    /// The features that the device offers.
    /// @return a mask
    public long offeredFeatures() {
        common(0x00, 4, 0);
        long low = common(0x04, 4);
        common(0x00, 4, 1);
        return low | common(0x04, 4) << 32;
    }

    /// Resets the device and agrees on features.
    /// @param features what to accept
    /// @return whether the device agreed
    public boolean negotiate(long features) {
        reset();
        status(ACKNOWLEDGE);
        status(ACKNOWLEDGE | DRIVER);
        common(0x08, 4, 0);
        common(0x0C, 4, features & 0xFFFF_FFFFL);
        common(0x08, 4, 1);
        common(0x0C, 4, features >>> 32);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        return (status() & FEATURES_OK) != 0;
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

    /// Says that the driver is ready.
    public void ready() {
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }

    /// Notifies a queue.
    /// @param queue any 16 bits
    public void notifyQueue(int queue) {
        bus.write(structures[2] + (long) queue * notifyMultiplier, 2, queue);
    }

    /// Reads and clears the interrupt status.
    /// @return bit 0: a queue, bit 1: configuration
    public int takeInterruptStatus() {
        return (int) bus.read(structures[3], 1);
    }

    /// Reads device configuration.
    /// @param offset in the structure
    /// @param sizeBytes 1, 2, 4 or 8
    /// @return the value
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
