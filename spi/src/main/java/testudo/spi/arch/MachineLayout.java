package testudo.spi.arch;

import java.util.List;
import java.util.Optional;
import testudo.spi.pci.PciAddress;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// Where the core has put the devices: what firmware tables are made of.
/// @param pci the functions on all buses, by address
/// @param platform the devices at fixed places
/// @param commandLine the complete kernel command line, without the terminating NUL
public record MachineLayout(List<PciFunction> pci, List<PlatformNode> platform, String commandLine) {
    /// Copies the lists.
    public MachineLayout {
        pci = List.copyOf(pci);
        platform = List.copyOf(platform);
    }

    /// A PCI function.
    /// @param address where
    /// @param pin INTx pin 1 to 4, 0 without one
    /// @param gsi the interrupt controller pin it is wired to; -1 without one
    /// @param classCode class, subclass and programming interface as 24 bits
    /// @param secondaryBus the bus behind it for a bridge, 0 for anything else
    public record PciFunction(PciAddress address, int pin, int gsi, int classCode, int secondaryBus) {}

    /// A platform device.
    /// @param id its name
    /// @param node what firmware says about it; empty: nothing
    /// @param resources where it is
    public record PlatformNode(String id, Optional<FirmwareNode> node, List<Resource> resources) {
        /// Copies the list.
        public PlatformNode {
            resources = List.copyOf(resources);
        }
    }
}
