package testudo.testing.driver;

/// A guest driver of the memory-mapped virtio transport, version 2 (VIRTIO 1.2, 4.2 "Virtio Over MMIO"). Also does what a driver must not,
/// register by register. One thread.
public final class VirtioMmioDriver implements VirtioDriver {
    private static final int CONFIG = 0x100;

    private final Bus bus;

    /// How the guest reaches the registers.
    public interface Bus {
        /// Reads.
        /// @param offset from the first register
        /// @param sizeBytes 1, 2, 4 or 8
        /// @return the value
        long read(long offset, int sizeBytes);

        /// Writes.
        /// @param offset from the first register
        /// @param sizeBytes 1, 2, 4 or 8
        /// @param value the value
        void write(long offset, int sizeBytes, long value);
    }

    /// Makes a driver.
    /// @param bus how the registers are reached
    public VirtioMmioDriver(Bus bus) {
        this.bus = bus;
    }

    /// Reads a register.
    /// @param offset a multiple of 4
    /// @return 32 bits
    public long register(int offset) {
        return bus.read(offset, Integer.BYTES);
    }

    /// Writes a register.
    /// @param offset a multiple of 4
    /// @param value its low 32 bits
    public void register(int offset, long value) {
        bus.write(offset, Integer.BYTES, value & 0xFFFF_FFFFL);
    }

    @Override
    public int status() {
        return (int) register(0x070);
    }

    @Override
    public void status(int status) {
        register(0x070, status);
    }

    @Override
    public long offeredFeatures() {
        register(0x014, 0);
        long low = register(0x010);
        register(0x014, 1);
        return low | register(0x010) << 32;
    }

    @Override
    public void acceptFeatures(long features) {
        register(0x024, 0);
        register(0x020, features);
        register(0x024, 1);
        register(0x020, features >>> 32);
    }

    @Override
    public void setUp(int queue, FakeDriver ring) {
        register(0x030, queue);
        register(0x038, ring.size());
        register64(0x080, ring.descriptors());
        register64(0x090, ring.driverArea());
        register64(0x0A0, ring.deviceArea());
        register(0x044, 1);
    }

    private void register64(int offset, long value) {
        register(offset, value);
        register(offset + 4, value >>> 32);
    }

    @Override
    public void notifyQueue(int queue) {
        register(0x050, queue);
    }

    @Override
    public long config(long offset, int sizeBytes) {
        return bus.read(CONFIG + offset, sizeBytes);
    }

    /// The reasons for an interrupt that were not acknowledged.
    /// @return bit 0: a queue, bit 1: configuration
    public int interruptStatus() {
        return (int) register(0x060);
    }

    /// Acknowledges reasons for an interrupt.
    /// @param reasons their bits
    public void acknowledge(int reasons) {
        register(0x064, reasons);
    }
}
