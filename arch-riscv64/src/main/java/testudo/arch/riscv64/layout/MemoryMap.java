package testudo.arch.riscv64.layout;

import java.util.Map;
import testudo.spi.VmmException;
import testudo.spi.arch.MachinePlan.Window;

/// Where everything is in a RISC-V machine's guest physical addresses. Interrupt controllers, kernel and RAM are where crosvm puts them;
/// the PCI windows are larger than its and, as configuration space is, aligned.
/// @param memoryBytes size of RAM
/// @param vcpus number of harts
/// @param addressBits width of a guest physical address
public record MemoryMap(long memoryBytes, int vcpus, int addressBits) {
    /// The first address of RAM.
    public static final long RAM = 0x8000_0000L;
    /// Where a kernel goes that states no other place.
    public static final long KERNEL = RAM + 0x20_0000;

    /// The first hart's interrupt file; each hart has a page.
    public static final long IMSIC = 0x0800_0000L;
    /// Bytes of a hart's interrupt file.
    public static final long IMSIC_BYTES = 0x1000;
    /// Bytes of the APLIC, which stands behind the last interrupt file.
    public static final long APLIC_BYTES = 0x4000;
    /// The largest number of harts: hart indices of the device tree and the file window allow more, nobody has tried.
    public static final int MAX_VCPUS = 512;

    private static final Window CONFIG = new Window(0x3000_0000L, 16L << 20); // ECAM, 16 buses
    private static final Window LOW = new Window(0x4000_0000L, 1L << 30);
    private static final long GIB = 1L << 30;
    private static final long FOUR_GIB = 4L << 30;
    /// Wider addresses gain nothing, and some kernels map all of a window.
    private static final int WINDOW_BITS = 46;

    /// Checks that the machine fits the address width.
    /// @throws VmmException.Config when RAM and a window behind it do not
    public MemoryMap {
        long limit = 1L << Math.min(addressBits, WINDOW_BITS);
        if (memoryBytes <= 0 || memoryBytes > limit - RAM - GIB) {
            throw new VmmException.Config("%d bytes of memory do not fit %d-bit guest physical addresses; give less (--mem)"
                    .formatted(memoryBytes, addressBits));
        }
    }

    /// The first address behind RAM.
    /// @return an address
    public long ramEnd() {
        return RAM + memoryBytes;
    }

    /// Whether a range is in RAM.
    /// @param gpa the first address, any value
    /// @param lengthBytes its length, 0 or more
    /// @return true when all of it is
    public boolean holds(long gpa, long lengthBytes) {
        long offset = gpa - RAM;
        return offset >= 0 && lengthBytes >= 0 && offset <= memoryBytes && lengthBytes <= memoryBytes - offset;
    }

    /// The interrupt files of all harts.
    /// @return the range
    public Window imsic() {
        return new Window(IMSIC, IMSIC_BYTES * vcpus);
    }

    /// The wired interrupts.
    /// @return the range
    public Window aplic() {
        return new Window(imsic().end(), APLIC_BYTES);
    }

    /// The interrupt controllers' registers, as the plan names them.
    /// @return the ranges by name
    public Map<String, Window> interruptRegisters() {
        return Map.of("imsic", imsic(), "aplic", aplic());
    }

    /// PCI configuration space.
    /// @return the range
    public Window config() {
        return CONFIG;
    }

    /// PCI memory for 32-bit base address registers.
    /// @return the range
    public Window low() {
        return LOW;
    }

    /// PCI memory for 64-bit base address registers: what is left behind RAM.
    /// @return the range
    public Window high() {
        long start = Math.max(FOUR_GIB, (ramEnd() + GIB - 1) & -GIB);
        return new Window(start, (1L << Math.min(addressBits, WINDOW_BITS)) - start);
    }
}
