package testudo.arch.x86_64.boot;

import java.util.List;
import testudo.arch.x86_64.layout.E820Entry;

/// What a kernel is told when it starts.
/// @param initrd where the initial ramdisk is; 0 without one
/// @param initrdBytes its length; 0 without one
/// @param rsdp where the ACPI tables start
/// @param memory the memory map
public record Handover(long initrd, long initrdBytes, long rsdp, List<E820Entry> memory) {
    /// Copies the list.
    public Handover {
        memory = List.copyOf(memory);
    }
}
