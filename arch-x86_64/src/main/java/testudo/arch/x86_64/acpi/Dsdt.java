package testudo.arch.x86_64.acpi;

import static testudo.arch.x86_64.acpi.Aml.device;
import static testudo.arch.x86_64.acpi.Aml.eisaId;
import static testudo.arch.x86_64.acpi.Aml.integer;
import static testudo.arch.x86_64.acpi.Aml.name;
import static testudo.arch.x86_64.acpi.Aml.packageOf;
import static testudo.arch.x86_64.acpi.Aml.scope;
import static testudo.arch.x86_64.acpi.Aml.string;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import testudo.arch.x86_64.acpi.MachineView.PowerManagement;
import testudo.spi.arch.MachineLayout.PciFunction;
import testudo.spi.arch.MachineLayout.PlatformNode;
import testudo.spi.arch.MachinePlan.PciHost;
import testudo.spi.platform.FirmwareNode;
import testudo.spi.platform.Resource;

/// The differentiated system description table: PCI root, functions, platform devices (ACPI 6.5, 5.2.11.1 "DSDT").
final class Dsdt {
    private static final int REVISION = 6;
    private static final int CONFIG_PORTS = 8;
    private static final int ALL_PINS = 4;
    private static final int GPE_WAKE = 0;
    private static final int DEEPEST_WAKE_STATE = 3;
    private static final int PRESENT_HIDDEN = 0xB;

    private final MachineView machine;

    private Dsdt(MachineView machine) {
        this.machine = machine;
    }

    static byte[] table(MachineView machine) {
        Dsdt dsdt = new Dsdt(machine);
        Optional<PowerManagement> power = machine.powerManagement();
        List<byte[]> devices = new ArrayList<>();
        devices.add(dsdt.pciRoot());
        devices.add(dsdt.motherboard());
        dsdt.addNodes(devices, FirmwareNode.UART_16550, "COM", "PNP0501");
        dsdt.addNodes(devices, FirmwareNode.RTC_MC146818, "RTC", "PNP0B00");
        int keyboard = 0;
        for (PlatformNode node : machine.keyboards().limit(10).toList()) {
            devices.add(dsdt.platformDevice("KBD" + keyboard, eisaId("PNP0303"), keyboard++, node));
        }
        int firmwareConfiguration = 0;
        for (PlatformNode node : machine.nodes(FirmwareNode.FW_CFG).limit(10).toList()) {
            devices.add(dsdt.platformDevice(
                    "FWC" + firmwareConfiguration, string("QEMU0002"), firmwareConfiguration++, node,
                    name("_STA", integer(PRESENT_HIDDEN))));
        }
        int virtio = 0;
        for (PlatformNode node : machine.nodes(FirmwareNode.VIRTIO_MMIO).limit(256).toList()) {
            devices.add(dsdt.platformDevice("VM%02X".formatted(virtio), string("LNRO0005"), virtio++, node));
        }
        byte[] sleep = power.isPresent() ? sleepStates() : new byte[0];
        return AcpiTable.of("DSDT", REVISION, Aml.join(sleep, scope("\\_SB_", devices.toArray(byte[][]::new))));
    }

    /// SLP_TYP values: S1 is 1, S5 is 0.
    private static byte[] sleepStates() {
        byte[] zero = integer(0);
        byte[] one = integer(1);
        return Aml.join(name("_S1_", packageOf(one, one, zero, zero)), name("_S5_", packageOf(zero, zero, zero, zero)));
    }

    private byte[] pciRoot() {
        PciHost host = machine.pci();
        int buses = (int) (host.configWindow().sizeBytes() >> 20);
        ResourceTemplate resources = new ResourceTemplate().busRange(buses).io(host.configPort(), CONFIG_PORTS)
                .ioWindow(host.ioWindow()).lowMemoryWindow(host.lowWindow()).highMemoryWindow(host.highWindow());
        List<byte[]> terms = new ArrayList<>(List.of(
                name("_HID", eisaId("PNP0A08")),
                name("_CID", eisaId("PNP0A03")),
                name("_SEG", integer(0)),
                name("_UID", integer(0)),
                name("_CRS", resources.toAml()),
                PciControl.method()));
        terms.add(routing(0));
        machine.layout().pci().stream().filter(f -> f.address().bus() == 0).forEach(f -> terms.add(function(f)));
        return device("PC00", terms.toArray(byte[][]::new));
    }

    /// The interrupts of a bus: one entry for each device and pin.
    private byte[] routing(int bus) {
        Map<Integer, byte[]> entries = new TreeMap<>();
        for (PciFunction function : machine.layout().pci()) {
            boolean isWired = function.gsi() >= 0 && function.pin() > 0 && function.pin() <= ALL_PINS;
            if (isWired && function.address().bus() == bus) {
                long device = (long) function.address().device() << 16 | 0xFFFF;
                entries.put(function.address().device() * ALL_PINS + function.pin() - 1,
                        packageOf(integer(device), integer(function.pin() - 1), integer(0), integer(function.gsi())));
            }
        }
        return name("_PRT", packageOf(entries.values().toArray(byte[][]::new)));
    }

    private byte[] function(PciFunction function) {
        int device = function.address().device();
        int number = function.address().function();
        List<byte[]> terms = new ArrayList<>(List.of(name("_ADR", integer((long) device << 16 | number))));
        if (machine.powerManagement().isPresent()) {
            terms.add(name("_PRW", packageOf(integer(GPE_WAKE), integer(DEEPEST_WAKE_STATE))));
        }
        int behind = function.secondaryBus();
        if (machine.layout().pci().stream().anyMatch(f -> behind > 0 && f.address().bus() == behind && f.gsi() >= 0)) {
            terms.add(routing(behind));
        }
        return device("P%02X%d".formatted(device, number), terms.toArray(byte[][]::new));
    }

    /// What belongs to no device but is taken: configuration space, flash.
    private byte[] motherboard() {
        ResourceTemplate resources = new ResourceTemplate();
        resources.fixedMemory(machine.pci().configWindow().start(), machine.pci().configWindow().sizeBytes());
        machine.nodes(FirmwareNode.FLASH).flatMap(n -> MachineView.of(n, Resource.Mmio.class))
                .forEach(resources::resource);
        machine.powerManagement().ifPresent(p -> machine.nodes(FirmwareNode.ACPI_POWER_MANAGEMENT)
                .flatMap(n -> MachineView.of(n, Resource.Ports.class)).forEach(resources::resource));
        return device("MB00", name("_HID", eisaId("PNP0C02")), name("_UID", integer(0)), name("_CRS", resources.toAml()));
    }

    private void addNodes(List<byte[]> devices, FirmwareNode kind, String prefix, String hid) {
        int index = 0;
        for (PlatformNode node : machine.nodes(kind).limit(16).toList()) {
            devices.add(platformDevice(prefix + Integer.toHexString(index).toUpperCase(java.util.Locale.ROOT),
                    eisaId(hid), index++, node));
        }
    }

    private byte[] platformDevice(String name, byte[] hid, int index, PlatformNode node, byte[]... more) {
        ResourceTemplate resources = new ResourceTemplate();
        node.resources().forEach(resources::resource);
        return device(name, name("_HID", hid), name("_UID", integer(index)), name("_CRS", resources.toAml()), Aml.join(more));
    }
}
