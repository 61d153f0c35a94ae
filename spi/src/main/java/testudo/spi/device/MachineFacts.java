package testudo.spi.device;

import java.util.List;
import testudo.spi.virtio.VirtioType;

/// What is known about a machine before its devices are made.
/// @param architecture such as `x86_64`
/// @param vcpus number of vCPUs
/// @param memoryBytes size of RAM
/// @param ramBelow4GiB the first address behind the RAM that starts below 4 GiB (on x86 the RAM split point)
/// @param ramAbove4GiB bytes of RAM above 4 GiB
/// @param virtioTypes the types of virtio device that the installed providers state; names are unique
public record MachineFacts(
        String architecture, int vcpus, long memoryBytes, long ramBelow4GiB, long ramAbove4GiB, List<VirtioType> virtioTypes) {
    /// Copies the list.
    public MachineFacts {
        virtioTypes = List.copyOf(virtioTypes);
    }

    /// Facts about a machine that knows no types of virtio device by name.
    /// @param architecture such as `x86_64`
    /// @param vcpus number of vCPUs
    /// @param memoryBytes size of RAM
    /// @param ramBelow4GiB the first address behind the RAM that starts below 4 GiB
    /// @param ramAbove4GiB bytes of RAM above 4 GiB
    public MachineFacts(String architecture, int vcpus, long memoryBytes, long ramBelow4GiB, long ramAbove4GiB) {
        this(architecture, vcpus, memoryBytes, ramBelow4GiB, ramAbove4GiB, List.of());
    }
}
