package testudo.testing.machine;

/// PCI bus 0 as a guest sees it.
final class GuestPci {
    static final int NONE = -1;
    static final long ECAM = 0xF400_0000L;
    private static final int ADDRESS = 0xCF8;
    private static final int DATA = 0xCFC;

    /// How configuration space is reached.
    enum Mechanism {
        PORTS, ECAM
    }

    private final GuestCpu cpu;
    private final Mechanism mechanism;

    GuestPci(GuestCpu cpu, Mechanism mechanism) {
        this.cpu = cpu;
        this.mechanism = mechanism;
    }

    int read(int device, int offset, int sizeBytes) throws InterruptedException {
        if (mechanism == Mechanism.ECAM) {
            return (int) cpu.load(ECAM + (device << 15) + offset, sizeBytes);
        }
        cpu.out(ADDRESS, 4, 1 << 31 | device << 11 | offset & ~3);
        return cpu.in(DATA + (offset & 3), sizeBytes);
    }

    void write(int device, int offset, int sizeBytes, int value) throws InterruptedException {
        if (mechanism == Mechanism.ECAM) {
            cpu.store(ECAM + (device << 15) + offset, sizeBytes, Integer.toUnsignedLong(value));
            return;
        }
        cpu.out(ADDRESS, 4, 1 << 31 | device << 11 | offset & ~3);
        cpu.out(DATA + (offset & 3), sizeBytes, value);
    }

    /// The `device << 16 | vendor` identity of a device number, all ones where there is nothing.
    int identity(int device) throws InterruptedException {
        return read(device, 0, 4);
    }

    int find(int identity) throws InterruptedException {
        for (int device = 0; device < 32; device++) {
            if (identity(device) == identity) {
                return device;
            }
        }
        return NONE;
    }

    void enable(int device) throws InterruptedException {
        write(device, 4, 2, read(device, 4, 2) | 6); // memory, bus master
    }

    long bar0(int device) throws InterruptedException {
        return Integer.toUnsignedLong(read(device, 0x10, 4)) & ~0xFL;
    }

    /// Walks the capability list.
    int capability(int device, int id, int after) throws InterruptedException {
        int at = after == 0 ? read(device, 0x34, 1) : read(device, after + 1, 1);
        while (at != 0 && read(device, at, 1) != id) {
            at = read(device, at + 1, 1);
        }
        return at;
    }
}
