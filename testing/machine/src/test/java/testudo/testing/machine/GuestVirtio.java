package testudo.testing.machine;

/// A driver of a virtio PCI device that finds everything by capabilities (VIRTIO 1.3, 4.1 "Virtio Over PCI Bus").
final class GuestVirtio {
    static final int BLOCK = 0x1042_1AF4;
    static final int CONSOLE = 0x1043_1AF4;
    static final int RNG = 0x1044_1AF4;
    static final long VERSION_1 = 1L << 32;
    static final int ACKNOWLEDGE = 1;
    static final int DRIVER = 2;
    static final int DRIVER_OK = 4;
    static final int FEATURES_OK = 8;
    static final int NEEDS_RESET = 64;
    static final int STATUS = 0x14;
    static final int QUEUE_SELECT = 0x16;
    static final int QUEUE_SIZE = 0x18;
    static final int QUEUE_VECTOR = 0x1A;
    static final int QUEUE_ENABLE = 0x1C;
    static final int QUEUE_DESC = 0x20;
    static final int CONFIG_VECTOR = 0x10;
    private static final int QUEUE_NOTIFY_OFF = 0x1E;
    private static final int VENDOR_CAPABILITY = 9;
    private static final int MSIX_CAPABILITY = 0x11;

    private final GuestCpu cpu;
    private final GuestPci pci;
    private final int device;
    private long common;
    private long notify;
    private int notifyMultiplier;
    private long isr;
    private long config;

    GuestVirtio(GuestCpu cpu, GuestPci pci, int identity) throws InterruptedException {
        this.cpu = cpu;
        this.pci = pci;
        device = pci.find(identity);
        if (device == GuestPci.NONE) {
            throw new AssertionError("no device %08x".formatted(identity));
        }
        pci.enable(device);
        locate();
    }

    /// Finds the structures; again when the base address register was moved.
    void locate() throws InterruptedException {
        long base = pci.bar0(device);
        for (int at = pci.capability(device, VENDOR_CAPABILITY, 0); at != 0; at = pci.capability(device, VENDOR_CAPABILITY, at)) {
            long where = base + Integer.toUnsignedLong(pci.read(device, at + 8, 4));
            switch (pci.read(device, at + 3, 1)) {
                case 1 -> common = where;
                case 2 -> {
                    notify = where;
                    notifyMultiplier = pci.read(device, at + 16, 4);
                }
                case 3 -> isr = where;
                case 4 -> config = where;
                default -> {
                    // the window in configuration space
                }
            }
        }
    }

    int device() {
        return device;
    }

    long common(int offset, int sizeBytes) throws InterruptedException {
        return cpu.load(common + offset, sizeBytes);
    }

    void common(int offset, int sizeBytes, long value) throws InterruptedException {
        cpu.store(common + offset, sizeBytes, value);
    }

    long config(int offset, int sizeBytes) throws InterruptedException {
        return cpu.load(config + offset, sizeBytes);
    }

    void config(int offset, int sizeBytes, long value) throws InterruptedException {
        cpu.store(config + offset, sizeBytes, value);
    }

    int isr() throws InterruptedException {
        return (int) cpu.load(isr, 1);
    }

    int status() throws InterruptedException {
        return (int) common(STATUS, 1);
    }

    void status(int bits) throws InterruptedException {
        common(STATUS, 1, bits);
    }

    /// Writes 0 and waits until the device says that it is done.
    void reset() throws InterruptedException {
        status(0);
        while (status() != 0) {
            cpu.poll();
        }
    }

    long features() throws InterruptedException {
        common(0x00, 4, 0);
        long low = common(0x04, 4);
        common(0x00, 4, 1);
        return low | common(0x04, 4) << 32;
    }

    /// Resets and negotiates, up to FEATURES_OK.
    void negotiate(long wanted) throws InterruptedException {
        reset();
        status(ACKNOWLEDGE);
        status(ACKNOWLEDGE | DRIVER);
        long accepted = features() & wanted;
        common(0x08, 4, 0);
        common(0x0C, 4, accepted & 0xFFFF_FFFFL);
        common(0x08, 4, 1);
        common(0x0C, 4, accepted >>> 32);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        if ((status() & FEATURES_OK) == 0) {
            throw new AssertionError("features %x were refused".formatted(accepted));
        }
    }

    /// Sets a queue up in guest memory.
    GuestQueue queue(int index, int size, long gpa) throws InterruptedException {
        GuestQueue queue = new GuestQueue(cpu, index, size, gpa);
        common(QUEUE_SELECT, 2, index);
        common(QUEUE_SIZE, 2, size);
        address(QUEUE_DESC, queue.descriptors());
        address(QUEUE_DESC + 8, queue.available());
        address(QUEUE_DESC + 16, queue.used());
        queue.doorbell(notify + common(QUEUE_NOTIFY_OFF, 2) * notifyMultiplier);
        common(QUEUE_ENABLE, 2, 1);
        return queue;
    }

    private void address(int offset, long gpa) throws InterruptedException {
        common(offset, 4, gpa & 0xFFFF_FFFFL);
        common(offset + 4, 4, gpa >>> 32);
    }

    void ready() throws InterruptedException {
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
    }

    /// Gives a queue an MSI-X entry of its own and programs the entry.
    void useMsix(int queue, int entry, int vector, boolean masked) throws InterruptedException {
        int at = pci.capability(device, MSIX_CAPABILITY, 0);
        writeEntry(entry, vector, masked);
        pci.write(device, at + 2, 2, pci.read(device, at + 2, 2) | 0x8000);
        common(QUEUE_SELECT, 2, queue);
        common(QUEUE_VECTOR, 2, entry);
    }

    void writeEntry(int entry, int vector, boolean masked) throws InterruptedException {
        int at = pci.capability(device, MSIX_CAPABILITY, 0);
        long table = pci.bar0(device) + (pci.read(device, at + 4, 4) & ~7) + 16L * entry;
        cpu.store(table, 4, Guest.LAPIC);
        cpu.store(table + 4, 4, 0);
        cpu.store(table + 8, 4, vector);
        cpu.store(table + 12, 4, masked ? 1 : 0);
    }

    boolean pending(int entry) throws InterruptedException {
        int at = pci.capability(device, MSIX_CAPABILITY, 0);
        return (cpu.load(pci.bar0(device) + (pci.read(device, at + 8, 4) & ~7), 8) >>> entry & 1) != 0;
    }
}
