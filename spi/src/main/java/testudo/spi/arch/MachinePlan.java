package testudo.spi.arch;

import java.util.List;
import java.util.Map;
import testudo.spi.memory.GuestRegion.Purpose;

/// Where everything of a machine goes, before any device is placed: a value that a test can read.
/// @param architecture the provider's identity
/// @param memory the backed ranges, by address, without overlaps
/// @param pci the PCI host
/// @param interrupts pins and who may use them
/// @param commandLine the parameters that the architecture itself puts first, such as `panic=-1`
/// @param description what boots, for the log: `Linux bzImage 6.12.0, 64-bit entry`
public record MachinePlan(
        String architecture,
        List<MemoryRange> memory,
        PciHost pci,
        Interrupts interrupts,
        List<String> commandLine,
        String description) {
    /// Copies the lists.
    public MachinePlan {
        memory = List.copyOf(memory);
        commandLine = List.copyOf(commandLine);
    }

    /// A backed range of guest physical memory.
    /// @param gpa the first address
    /// @param sizeBytes length
    /// @param purpose what it is for
    public record MemoryRange(long gpa, long sizeBytes, Purpose purpose) {}

    /// The PCI host bridge.
    /// @param configPort the first of the eight configuration ports (0xCF8), or -1 without them
    /// @param configWindow the memory-mapped configuration space; one bus takes 1 MiB (ECAM) or 64 KiB (CAM), see `configShift`
    /// @param configShift address bits of a function's configuration space: 12 (ECAM) or 8 (CAM)
    /// @param ioWindow I/O ports for BARs; empty where there are none
    /// @param lowWindow addresses below 4 GiB for 32-bit BARs
    /// @param highWindow addresses above 4 GiB for 64-bit BARs
    /// @param hostVendorId vendor of the host bridge function 00:00.0
    /// @param hostDeviceId device of the host bridge function
    /// @param rootPorts how many root ports for hot-plug stand at the end of bus 0
    public record PciHost(
            int configPort,
            Window configWindow,
            int configShift,
            Window ioWindow,
            Window lowWindow,
            Window highWindow,
            int hostVendorId,
            int hostDeviceId,
            int rootPorts) {}

    /// A range of addresses or ports.
    /// @param start the first
    /// @param sizeBytes how many; 0 is empty
    public record Window(long start, long sizeBytes) {
        /// The first address behind it.
        /// @return an address
        public long end() {
            return start + sizeBytes;
        }
    }

    /// Interrupt pins.
    /// @param pins how many input pins the controllers have
    /// @param firstPciPin the first pin for PCI INTx lines
    /// @param pciPins how many pins PCI INTx lines share; 0 where there is no INTx
    /// @param identities the largest identity of a message-signalled interrupt of one vCPU, where the architecture leaves that open; otherwise 0
    /// @param registers where the controllers' registers are, by name (`imsic`, `aplic`), where the architecture leaves that open
    public record Interrupts(int pins, int firstPciPin, int pciPins, int identities, Map<String, Window> registers) {
        /// Copies the map.
        public Interrupts {
            registers = Map.copyOf(registers);
        }
    }
}
