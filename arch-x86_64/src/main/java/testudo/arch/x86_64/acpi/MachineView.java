package testudo.arch.x86_64.acpi;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import testudo.spi.arch.MachineLayout;
import testudo.spi.arch.MachineLayout.PciFunction;
import testudo.spi.arch.MachineLayout.PlatformNode;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// What the tables are made of.
/// @param vcpus number of vCPUs
/// @param pci the PCI host
/// @param layout where the devices are
/// @param lowPowerIdle whether the platform prefers suspend-to-idle
public record MachineView(int vcpus, PciHost pci, MachineLayout layout, boolean lowPowerIdle) {
    private static final int POWER_MANAGEMENT_PORTS = 72;
    private static final int DISPLAY_CLASS = 3;

    /// Where the power-management registers are.
    /// @param port the first port
    /// @param sci the interrupt
    public record PowerManagement(int port, int sci) {}

    /// The devices of a kind.
    /// @param node the kind
    /// @return their nodes, in the layout's order
    public Stream<PlatformNode> nodes(FirmwareNode node) {
        return layout.platform().stream().filter(p -> p.node().filter(n -> n == node).isPresent());
    }

    /// The power-management registers.
    /// @return where they are, if there are any
    public Optional<PowerManagement> powerManagement() {
        return nodes(FirmwareNode.ACPI_POWER_MANAGEMENT).findFirst().flatMap(node -> {
            Optional<Resource.Ports> ports = of(node, Resource.Ports.class)
                    .filter(p -> p.count() >= POWER_MANAGEMENT_PORTS)
                    .findFirst();
            Optional<Resource.Irq> sci = of(node, Resource.Irq.class).findFirst();
            return ports.flatMap(p -> sci.map(irq -> new PowerManagement(p.first(), irq.gsi())));
        });
    }

    /// Keyboard controllers that a driver can use: those with an interrupt. Others only reset the machine.
    /// @return their nodes
    Stream<PlatformNode> keyboards() {
        return nodes(FirmwareNode.KEYBOARD_CONTROLLER).filter(n -> of(n, Resource.Irq.class).findAny().isPresent());
    }

    /// PCI interrupt pins in use.
    /// @return distinct numbers, ascending
    List<Integer> pciInterrupts() {
        return layout.pci().stream().map(PciFunction::gsi).filter(gsi -> gsi >= 0).distinct().sorted().toList();
    }

    boolean hasDisplay() {
        return layout.pci().stream().anyMatch(f -> f.classCode() >>> 16 == DISPLAY_CLASS);
    }

    static <R extends Resource> Stream<R> of(PlatformNode node, Class<R> type) {
        return node.resources().stream().filter(type::isInstance).map(type::cast);
    }
}
