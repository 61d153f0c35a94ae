package testudo.core.machine;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import testudo.core.machine.MachineOptions.VirtioTransport;
import testudo.spi.VmmException;
import testudo.spi.device.DeviceSpec;
import testudo.spi.pci.PciAddress;

/// Decides where PCI devices go: wanted addresses first, then by rank from device 1 of bus 0 upward, as crosvm does.
final class DevicePlacement {
    private static final int DEVICES = 32;

    private DevicePlacement() {}

    /// A device with the rank and address it wants.
    private record Wish(DeviceSpec device, int rank, Optional<PciAddress> address) {}

    /// Places all PCI devices, and the virtio devices that are on PCI: with the transport MMIO those that want an address there.
    /// @return device → address, in enumeration order
    /// @throws VmmException.Config with every problem found
    static Map<DeviceSpec, PciAddress> place(List<DeviceSpec> devices, VirtioTransport transport) {
        List<Wish> wishes = new ArrayList<>();
        for (DeviceSpec device : devices) {
            // No switch over patterns where a machine starts: each generates a class, which costs a millisecond.
            if (device instanceof DeviceSpec.Pci pci) {
                wishes.add(new Wish(device, pci.rank(), pci.address()));
            } else if (device instanceof DeviceSpec.Virtio virtio
                    && (transport != VirtioTransport.MMIO || virtio.address().isPresent())) {
                wishes.add(new Wish(device, virtio.rank(), virtio.address()));
            }
        }
        wishes.sort((one, other) -> Integer.compare(one.rank(), other.rank()));
        List<String> problems = new ArrayList<>();
        Set<PciAddress> taken = new HashSet<>();
        taken.add(new PciAddress(0, 0, 0));
        Map<DeviceSpec, PciAddress> places = new LinkedHashMap<>();
        for (Wish wish : wishes) {
            wish.address().ifPresent(address -> {
                if (address.bus() != 0) {
                    problems.add("%s: PCI address %s is not on bus 0".formatted(wish.device().id(), address));
                } else if (!taken.add(address)) {
                    problems.add("%s: PCI address %s is taken".formatted(wish.device().id(), address));
                }
                places.put(wish.device(), address);
            });
        }
        for (Wish wish : wishes) {
            if (wish.address().isEmpty()) {
                free(taken).ifPresentOrElse(
                        address -> {
                            taken.add(address);
                            places.put(wish.device(), address);
                        },
                        () -> problems.add("%s: PCI bus 0 is full (%d devices)".formatted(wish.device().id(), DEVICES)));
            }
        }
        if (!problems.isEmpty()) {
            throw new VmmException.Config(problems);
        }
        return places;
    }

    private static Optional<PciAddress> free(Set<PciAddress> taken) {
        for (int device = 1; device < DEVICES; device++) {
            int number = device;
            if (taken.stream().noneMatch(address -> address.device() == number)) {
                return Optional.of(new PciAddress(0, device, 0));
            }
        }
        return Optional.empty();
    }
}
