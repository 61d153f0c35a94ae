package testudo.core.machine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import testudo.core.pci.PciFunction;
import testudo.spi.VmmException;
import testudo.spi.pci.PciAddress;

/// In which order firmware tries devices: gathers boot indexes, then spells the devices as OpenFirmware paths
/// (PCI Bus Binding to IEEE 1275, "Physical Address Formats" and "Generic Names"), the form that PC firmware reads.
final class BootOrder {
    private static final int MASS_STORAGE = 0x01;
    private static final int NETWORK = 0x02;

    private final List<Choice> choices = new ArrayList<>();

    private record Choice(int index, PciAddress address, PciFunction function) {}

    /// Adds a device.
    /// @param index its place; empty: firmware decides
    void add(OptionalInt index, PciAddress address, PciFunction function) {
        if (index.isPresent()) {
            choices.add(new Choice(index.getAsInt(), address, function));
        }
    }

    /// The paths, first choice first.
    /// @throws VmmException.Config when two devices have the same index
    List<String> paths() {
        choices.sort(Comparator.comparingInt(Choice::index));
        List<String> problems = new ArrayList<>();
        for (int i = 1; i < choices.size(); i++) {
            Choice first = choices.get(i - 1);
            Choice second = choices.get(i);
            if (first.index() == second.index()) {
                problems.add("bootindex %d is that of %s and of %s; give each its own"
                        .formatted(first.index(), first.function().id(), second.function().id()));
            }
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return choices.stream().map(BootOrder::path).toList();
    }

    private static String path(Choice choice) {
        PciAddress address = choice.address();
        String at = address.function() == 0
                ? "%x".formatted(address.device())
                : "%x,%x".formatted(address.device(), address.function());
        return switch (choice.function().traits().classCode() >> 16) {
            case MASS_STORAGE -> "/pci@i0cf8/scsi@%s/disk@0,0".formatted(at);
            case NETWORK -> "/pci@i0cf8/ethernet@%s/ethernet-phy@0".formatted(at);
            default -> "/pci@i0cf8/pci%x,%x@%s".formatted(
                    choice.function().traits().vendorId(), choice.function().traits().deviceId(), at);
        };
    }
}
